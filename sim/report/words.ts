/** What a run's numbers say, in a few sentences. */
import { extraIncomeYuan, type Claim, type Verdict } from "./claims.ts";
import { fixed, list, percent, plural } from "./format.ts";
import { CONTRACT_ONLY, GRID_ONLY, find, fullest, serversOf } from "./paper.ts";
import type { RunResult } from "./results.ts";
import { longDate } from "./timeline.ts";

const COUNTED: Readonly<Record<Verdict, string>> = {
  reproduced: "reproduced",
  partly: "reproduced in part",
  not: "not reproduced",
  "not run": "left open, since the run lacks what they need",
};

function setting({ scenario, strategies }: RunResult): string {
  const { microgrids, hours, start } = scenario;
  const centres = microgrids.count * microgrids.dataCentres;
  return `The run covers ${plural(hours, "hour")} from ${longDate(new Date(start))}: ${plural(centres, "data centre")} in ${plural(microgrids.count, "microgrid")} with ${plural(serversOf(scenario), "server")}, under ${strategies.length === 1 ? "one strategy" : `${fixed(strategies.length)} strategies over the same work and the same weather`}.`;
}

function sunshine({ strategies }: RunResult): string | undefined {
  const sunny = strategies.filter(({ summary }) => summary.pvProducedKwh > 0);
  if (sunny.length === 0) return undefined;
  const shares = sunny.map(({ name, summary }) => `${percent(summary.pvUtilisation)} (${name})`);
  return `Of the PV output, ${list(shares)} ${shares.length === 1 ? "is" : "are"} used.`;
}

function grid(result: RunResult): string | undefined {
  const [from, to] = [find(result, CONTRACT_ONLY), fullest(result)];
  if (from === undefined || to === undefined) return undefined;
  const [before, after] = [from.summary.importKwh, to.summary.importKwh];
  const how = after < before ? "falls" : after > before ? "rises" : "stays";
  return `Import ${how} from ${fixed(before)} kWh with contracts alone to ${fixed(after)} kWh with ${to.name}.`;
}

function money(result: RunResult): string | undefined {
  const [reference, to] = [find(result, GRID_ONLY), fullest(result)];
  if (to === undefined) return undefined;
  const extra = extraIncomeYuan(result, to.name);
  const price = (yuan: number): string => `${fixed(yuan, 3)} yuan`;
  const paid = `Users pay ${price(to.summary.meanPriceYuanPerKwh)} per kWh`;
  const against =
    reference === undefined
      ? "."
      : `, against ${price(reference.summary.meanPriceYuanPerKwh)} on the grid alone.`;
  const earned =
    extra === undefined
      ? ""
      : ` After costs, the data centres are left with ${fixed(Math.abs(extra), 2)} yuan ${extra < 0 ? "less" : "more"} than with contracts alone.`;
  return `${paid}${against}${earned}`;
}

function verdicts(claims: readonly Claim[]): string {
  const parts = (Object.keys(COUNTED) as Verdict[]).flatMap((verdict) => {
    const count = claims.filter((claim) => claim.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? "is" : "are"} ${COUNTED[verdict]}`];
  });
  return `Of the ${claims.length} claims of the paper, ${list(parts)}.`;
}

/** The sentences. */
export const inWords = (result: RunResult, claims: readonly Claim[]): string[] =>
  [setting(result), sunshine(result), grid(result), money(result), verdicts(claims)].filter(
    (sentence) => sentence !== undefined,
  );
