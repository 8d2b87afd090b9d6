/** What must hold between the fields of a scenario, beyond what each must be by itself. */
import { UserError } from "../errors.ts";
import { nameOf, shown, type Path, type Problem } from "./problem.ts";
import type { Scenario } from "./schema.ts";
import { MISCONDUCTS } from "./misconduct.ts";
import { parseStrategy } from "./strategy.ts";
import { MS_PER_HOUR } from "../units.ts";

const CUSTOM_FIGURES = [
  "depthOfDischarge",
  "chargeRatePerHour",
  "efficiency",
  "selfDischargePerDay",
  "dischargeToChargeRate",
] as const;

/** Fields that say how a file is read, and do nothing without one. */
const FILE_FIELDS = {
  pv: ["peakW", "timeZone", "year"],
  tasks: ["startSeconds"],
} as const;

const path = (text: string): Path => text.split(".");

function problem(at: string | readonly [string, ...string[]], message: string): Problem {
  const [first, ...others]: readonly [string, ...string[]] = typeof at === "string" ? [at] : at;
  return {
    paths: [path(first), ...others.map(path)],
    message: `${nameOf(path(first))}: ${message}`,
  };
}

function* timeProblems({ start }: Scenario): Iterable<Problem> {
  const time = Date.parse(start);
  const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.0+)?)?Z$/.test(start) && !Number.isNaN(time);
  // Date.parse takes 30 February for 2 March.
  const real = iso && new Date(time).toISOString().slice(0, 13) === start.slice(0, 13);
  if (!real || time % MS_PER_HOUR !== 0) {
    yield problem(
      "start",
      `must be a full hour of a day in UTC, is ${shown(start)}; write it like 2015-06-22T00:00:00Z`,
    );
  }
}

function* strategyProblems({ strategies }: Scenario, known: readonly string[]): Iterable<Problem> {
  for (const [i, name] of strategies.entries()) {
    try {
      parseStrategy(name, known);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      yield problem(`strategies.${i}`, error.message);
    }
    if (strategies.indexOf(name) < i) {
      yield problem(`strategies.${i}`, `"${name}" is there twice; leave one out`);
    }
  }
}

function* serverProblems({ server, tasks }: Scenario): Iterable<Problem> {
  for (const [i, power] of server.powerW.entries()) {
    const before = server.powerW[i - 1] ?? 0;
    if (power < before) {
      yield problem(
        `server.powerW.${i}`,
        `must not be below the power before it, ${before}, is ${power}; powers rise with utilisation`,
      );
    }
  }
  if (tasks.file !== undefined) return;
  let sum = 0;
  for (const [i, { cores, share }] of tasks.coreShares.entries()) {
    sum += share;
    const at = `tasks.coreShares.${i}.cores`;
    if (cores > server.cores) {
      yield problem(
        [at, "server.cores"],
        `must be at most server.cores, ${server.cores}, is ${cores}; a task runs on one server`,
      );
    } else if (share > 0 && cores * tasks.memoryGbPerCore > server.memoryGb) {
      const memory = cores * tasks.memoryGbPerCore;
      yield problem(
        [at, "tasks.memoryGbPerCore", "server.memoryGb"],
        `with tasks.memoryGbPerCore of ${tasks.memoryGbPerCore}, ${cores} cores ask for ${memory} GB, but ` +
          `server.memoryGb is ${server.memoryGb}; lower the one or raise the other`,
      );
    }
  }
  if (sum === 0) {
    yield problem("tasks.coreShares", "the shares must have a sum above 0; raise one of them");
  }
  if (tasks.priority.count + tasks.deferrable.count === 0) {
    yield problem(
      ["tasks.priority.count", "tasks.deferrable.count"],
      "both this and tasks.deferrable.count are 0; a run needs a task",
    );
  }
}

function* batteryProblems({ battery }: Scenario): Iterable<Problem> {
  for (const name of CUSTOM_FIGURES) {
    const isCustom = battery.chemistry === "custom";
    if (isCustom && battery[name] === undefined) {
      yield problem(
        [`battery.${name}`, "battery.chemistry"],
        "must be given with the custom chemistry, is missing; give it, or take lithium-ion or lead-acid",
      );
    } else if (!isCustom && battery[name] !== undefined) {
      yield problem(
        `battery.${name}`,
        `only the custom chemistry takes it, and battery.chemistry is ${battery.chemistry}; ` +
          "write `chemistry: custom`, or leave it out",
      );
    }
  }
}

function* priceProblems({ tasks, prices }: Scenario): Iterable<Problem> {
  const { feedInYuanPerKWh, gridYuanPerKWh } = prices;
  if (feedInYuanPerKWh > gridYuanPerKWh) {
    yield problem(
      ["prices.feedInYuanPerKWh", "prices.gridYuanPerKWh"],
      `must not be above gridYuanPerKWh, ${gridYuanPerKWh}, is ${feedInYuanPerKWh}; the market takes no tariff by which energy could be imported and sold back at a gain`,
    );
  }
  for (const name of ["priority", "deferrable"] as const) {
    const { lowestMaxPrice, highestMaxPrice } = tasks[name];
    if (lowestMaxPrice > highestMaxPrice) {
      const low = `tasks.${name}.lowestMaxPrice`;
      const high = `tasks.${name}.highestMaxPrice`;
      yield problem(
        [high, low],
        `must not be below lowestMaxPrice, ${lowestMaxPrice}, is ${highestMaxPrice}; raise it or lower the other`,
      );
    }
  }
}

function* fileProblems(scenario: Scenario): Iterable<Problem> {
  for (const [section, names] of Object.entries(FILE_FIELDS)) {
    const fields: Readonly<Record<string, unknown>> = scenario[section as keyof typeof FILE_FIELDS];
    if (fields["file"] !== undefined) continue;
    for (const name of names) {
      if (fields[name] === undefined) continue;
      yield problem(
        `${section}.${name}`,
        `does nothing without \`${section}.file\`; give the file, or leave it out`,
      );
    }
  }
  const { timeZone } = scenario.pv;
  if (timeZone === undefined) return;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    yield problem(
      "pv.timeZone",
      `must be an IANA time zone, is ${shown(timeZone)}; write it like Europe/Paris`,
    );
  }
}

function* misbehaviourProblems(scenario: Scenario): Iterable<Problem> {
  const shares = MISCONDUCTS.map((name) => [name, scenario.misbehaviour[name]] as const);
  const sum = shares.reduce((so, [, share]) => so + share, 0);
  if (sum <= 1 + ROUNDING) return;
  const [first = "", ...others] = shares
    .filter(([, share]) => share > 0)
    .map(([name]) => `misbehaviour.${name}`);
  yield problem(
    [first, ...others],
    `the shares of all who misbehave must have a sum of at most 1, have ${Number(sum.toFixed(6))}; lower one of them`,
  );
}

/** A sum of shares may be so much above 1 by the rounding of its parts. */
const ROUNDING = 1e-9;

function* emissionProblems({ emissions: { gridGramsPerKWh: grams } }: Scenario): Iterable<Problem> {
  if (Array.isArray(grams) && grams.length % 24 !== 0) {
    yield problem(
      "emissions.gridGramsPerKWh",
      `must be values of whole days, 24 for each, has ${grams.length}; otherwise they would move ` +
        "through the day as they repeat",
    );
  }
}

/**
 * What is wrong between the fields of a scenario whose fields are each right by themselves.
 *
 * @param known strategies beside those that come with heliomarket
 */
export function ruleProblems(scenario: Scenario, known: readonly string[] = []): Problem[] {
  return [
    ...timeProblems(scenario),
    ...strategyProblems(scenario, known),
    ...serverProblems(scenario),
    ...fileProblems(scenario),
    ...batteryProblems(scenario),
    ...priceProblems(scenario),
    ...misbehaviourProblems(scenario),
    ...emissionProblems(scenario),
  ];
}
