/** The report's section about those who broke the rules, and what it cost the others. */
import type { Misconduct } from "../scenario/misconduct.ts";
import { fixed, list, plural } from "./format.ts";
import { markup, type Content, type Markup } from "./markup.ts";
import { scrolling } from "./page.ts";
import type { ConductResult, MisconductRow, RunResult } from "./results.ts";

/** What each vice is, for people. */
const VICES: Readonly<Record<Misconduct, string>> = {
  neverReveal: "never open their plans",
  revealLate: "open their plans too late",
  unfunded: "have no funds when their plans are opened",
  underDeliver: "drop what they sold half done",
  misreport: "have meters that sign what cannot be right",
  stop: "stop for hours each day",
};

const VICE_COLUMNS: readonly (readonly [title: string, of: (row: MisconductRow) => string])[] = [
  ["Users", ({ users }) => fixed(users)],
  ["Data centres", ({ dataCentres }) => fixed(dataCentres)],
  ["Plans punished", ({ plansPunished }) => fixed(plansPunished)],
  ["Plans dropped", ({ plansDropped }) => fixed(plansDropped)],
  ["Calls refused", ({ callsRefused }) => fixed(callsRefused)],
  ["Contracts expired", ({ contractsExpired }) => fixed(contractsExpired)],
  ["Transfers failed", ({ transfersDefaulted }) => fixed(transfersDefaulted)],
  ["Bonds lost, yuan", ({ bondsYuan }) => fixed(bondsYuan, 2)],
  ["Penalties paid, yuan", ({ penaltiesYuan }) => fixed(penaltiesYuan, 4)],
  ["Mean reputation", ({ meanReputation }) => fixed(meanReputation)],
];

function vices({ kinds }: ConductResult, strategy: string): Markup {
  const head = VICE_COLUMNS.map(([title]) => markup`<th scope="col" class="n">${title}</th>`);
  const rows = kinds.map(
    (row) =>
      markup`<tr><th scope="row">${VICES[row.kind as Misconduct]}</th>${VICE_COLUMNS.map(([, of]) => markup`<td class="n">${of(row)}</td>`)}</tr>
`,
  );
  const title = `Those who break the rules, ${strategy}`;
  return scrolling(
    title,
    markup`<table><caption>${title}</caption>
<thead><tr><th scope="col">They</th>${head}</tr></thead>
<tbody>
${rows}</tbody></table>`,
  );
}

function honest({ users, dataCentres }: ConductResult, strategy: string): Markup {
  const rows: readonly (readonly [string, string, string])[] = [
    ["How many", fixed(users.count), fixed(dataCentres.count)],
    ["Paid by users, yuan", fixed(users.paidYuan, 4), fixed(dataCentres.incomeYuan, 4)],
    [
      "What was delivered for it, at their own bids or offers, yuan",
      fixed(users.worthYuan, 4),
      fixed(dataCentres.worthYuan, 4),
    ],
    [
      "Received for what others did not deliver, yuan",
      fixed(users.compensationYuan, 4),
      fixed(dataCentres.compensationYuan, 4),
    ],
    [
      "Paid for what others had taken over and not done, yuan",
      "–",
      fixed(dataCentres.paidForOthersYuan, 4),
    ],
    [
      "Paid for what they did not do in time themselves, yuan",
      "–",
      fixed(dataCentres.ownPenaltiesYuan, 4),
    ],
    ["Mean reputation", fixed(users.meanReputation), fixed(dataCentres.meanReputation)],
    ["Lost, yuan", fixed(users.lossYuan, 6), fixed(dataCentres.lossYuan, 6)],
  ];
  const title = `Honest parties, ${strategy}`;
  return scrolling(
    title,
    markup`<table><caption>${title}</caption>
<thead><tr><th scope="col">Figure</th><th scope="col" class="n">Users</th><th scope="col" class="n">Data centres</th></tr></thead>
<tbody>
${rows.map(([what, one, other]) => markup`<tr><th scope="row">${what}</th><td class="n">${one}</td><td class="n">${other}</td></tr>\n`)}</tbody></table>`,
  );
}

interface Named {
  readonly name: string;
  readonly conduct: ConductResult;
}

/** Whether nobody who kept the rules lost anything. */
const isFair = ({ conduct }: Named): boolean =>
  conduct.honestLossYuan === 0 && conduct.slotsNotRead === 0;

function statement(judged: readonly Named[]): Markup {
  const unfair = judged.filter((one) => !isFair(one));
  if (unfair.length === 0)
    return markup`<p><strong>No honest party loses money.</strong> No honest user pays more than its own bids for what it got, and each is compensated for what it did not get. No honest data centre gets less than its own offers for what was delivered for it, loses a bond, or pays more for what others failed than it gets from them. Every slot of every meter was read, so that the grid is paid.</p>`;
  const amounts = unfair.map(
    ({ name, conduct }) =>
      `${fixed(conduct.honestLossYuan, 6)} yuan and ${plural(conduct.slotsNotRead, "unread slot")} under ${name}`,
  );
  return markup`<p><strong>Honest parties lose money</strong>: ${list(amounts)}.</p>`;
}

/** The section's content; undefined if all keep the rules. */
export function conductContent({ strategies }: RunResult): Content {
  const judged = strategies.flatMap(({ name, conduct }) => (conduct ? [{ name, conduct }] : []));
  if (judged.length === 0) return undefined;
  const tables = judged.map(
    ({ name, conduct }) =>
      markup`<h3>${name}</h3>\n${vices(conduct, name)}\n${honest(conduct, name)}\n`,
  );
  return markup`${statement(judged)}
${tables}`;
}
