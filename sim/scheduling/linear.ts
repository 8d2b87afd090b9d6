/** Linear programmes, solved by HiGHS, with a lower bound of the least cost that does not rest on the solver's tolerances. */
import highsModule, { type Highs, type Model } from "highs";

// The package's types are those of its CommonJS build, where the loader is one level deeper than in the one that is loaded.
const loadHighs = highsModule as unknown as typeof highsModule.default;

/** The columns of a row with their factors. */
export type Entries = readonly (readonly [column: number, factor: number])[];

/** A row of a programme: `lower ≤ Σ factor · column ≤ upper`. */
export interface Row {
  readonly lower: number;
  readonly upper: number;
  readonly entries: Entries;
}

/** A linear programme: the least Σ cost · column, within the bounds of columns and rows. */
export class LinearProgramme {
  readonly cost: number[] = [];
  readonly lower: number[] = [];
  readonly upper: number[] = [];
  readonly rowLower: number[] = [];
  readonly rowUpper: number[] = [];
  readonly starts: number[] = [0];
  readonly indices: number[] = [];
  readonly values: number[] = [];

  /** Adds a column; both its bounds are finite. @returns its number */
  column(lower: number, upper: number, cost = 0): number {
    this.lower.push(lower);
    this.upper.push(upper);
    return this.cost.push(cost) - 1;
  }

  /** Adds a row. */
  row({ lower, upper, entries }: Row): void {
    for (const [column, factor] of entries) {
      this.indices.push(column);
      this.values.push(factor);
    }
    this.starts.push(this.indices.length);
    this.rowLower.push(lower);
    this.rowUpper.push(upper);
  }
}

/** What a programme came to. */
export interface Optimum {
  /** Cost of the solution that was found. */
  readonly cost: number;
  /** No solution costs less than this, whatever the solver's tolerances; at most `cost`, apart from them. */
  readonly leastCost: number;
  /** Values of the columns. */
  readonly columns: Float64Array;
}

/** How often rows that a solution violates are added. Without the rest, the cost is lower: right for a lower bound. */
const MOST_ROUNDS = 60;

/** Largest relative difference between a solution's cost and what is proved of it. */
const MOST_GAP = 1e-6;

let highs: Promise<Highs> | undefined;

/**
 * Solves a programme; the same programme gives the same result.
 *
 * @param what is computed, for errors
 * @param missing rows that a solution violates, of those too many to be all in the programme; asked again after each
 * solution until there are none, or {@link MOST_ROUNDS} times
 * @throws Error if there is no solution, or HiGHS finds none, or none that is proved to be the best
 */
export async function solve(
  programme: LinearProgramme,
  what: string,
  missing: (columns: Float64Array) => readonly Row[] = () => [],
): Promise<Optimum> {
  highs ??= loadHighs();
  const solver = await highs;
  const { optimal, infeasible, unboundedOrInfeasible } = solver.constants.modelStatus;
  const fail = (why: string, cause?: unknown): Error =>
    new Error(`${what} could not be computed: ${why}.`, { cause });

  /** Runs the model with rows added until none is missing. @returns its status */
  const run = (model: Model): number => {
    for (let round = 1; ; round += 1) {
      const { modelStatus } = model.run();
      if (modelStatus !== optimal || round === MOST_ROUNDS) return modelStatus;
      const rows = missing(model.getSolution().colValue);
      if (rows.length === 0) return modelStatus;
      for (const row of rows) {
        programme.row(row);
        const indices = row.entries.map(([column]) => column);
        model.addRow(row.lower, row.upper, { indices, values: row.entries.map(([, v]) => v) });
      }
    }
  };

  return solver.withModel((model: Model): Optimum => {
    let status: number;
    try {
      model.options.set({ output_flag: false, random_seed: 0 });
      model.passModel(modelOf(programme));
      status = run(model);
    } catch (cause) {
      throw fail(`HiGHS failed with "${(cause as Error).message}"`, cause);
    }
    if (status === infeasible || status === unboundedOrInfeasible) {
      throw fail("it has no solution");
    }
    if (status !== optimal) throw fail(`HiGHS ended with model status ${status}`);
    const { colValue: columns, rowDual } = model.getSolution();
    const cost = columns.reduce((sum, value, i) => sum + value * (programme.cost[i] ?? 0), 0);
    const leastCost = provedCost(programme, rowDual);
    if (!(Math.abs(cost - leastCost) <= MOST_GAP * Math.max(1, Math.abs(cost)))) {
      throw fail(`HiGHS found ${cost}, but only ${leastCost} is proved`);
    }
    return { cost, leastCost, columns };
  });
}

function modelOf(programme: LinearProgramme) {
  const { cost, lower, upper, rowLower, rowUpper, starts, indices, values } = programme;
  const size = { numCols: cost.length, numRows: rowLower.length };
  return {
    ...size,
    colCost: cost,
    colLower: lower,
    colUpper: upper,
    rowLower,
    rowUpper,
    matrix: { format: "csr" as const, ...size, starts, indices, values },
  };
}

/**
 * What weak duality proves of the least cost: for any duals y, cost · x = y · Ax + (cost − yA) · x, and each term is at
 * least what its bounds allow (Neumaier and Shcherbina, "Safe bounds in linear and mixed-integer linear programming",
 * 2004). Right for any y; the solver's make it tight.
 */
function provedCost(programme: LinearProgramme, duals: Float64Array): number {
  const reduced = Float64Array.from(programme.cost);
  let proved = 0;
  for (const [row, dual] of duals.entries()) {
    const bound = (dual > 0 ? programme.rowLower[row] : programme.rowUpper[row]) ?? 0;
    // A dual against an open side is the solver's inaccuracy; 0 is as right.
    if (dual === 0 || !Number.isFinite(bound)) continue;
    proved += dual * bound;
    for (let i = programme.starts[row] ?? 0; i < (programme.starts[row + 1] ?? 0); i += 1) {
      const column = programme.indices[i] ?? 0;
      reduced[column] = (reduced[column] ?? 0) - dual * (programme.values[i] ?? 0);
    }
  }
  for (const [column, cost] of reduced.entries()) {
    const bound = cost > 0 ? programme.lower[column] : programme.upper[column];
    if (cost !== 0) proved += cost * (bound ?? 0);
  }
  return proved;
}
