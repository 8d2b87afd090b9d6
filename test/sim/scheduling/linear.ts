import { expect } from "chai";

import { LinearProgramme, solve } from "../../../sim/scheduling/linear.ts";

/** The least −3x − 2y with x + y ≤ 4, x + 3y ≤ 6, 0 ≤ x ≤ 3, 0 ≤ y ≤ 9: at x = 3, y = 1. */
function example(): LinearProgramme {
  const programme = new LinearProgramme();
  const x = programme.column(0, 3, -3);
  const y = programme.column(0, 9, -2);
  programme.row({
    lower: -Infinity,
    upper: 4,
    entries: [
      [x, 1],
      [y, 1],
    ],
  });
  programme.row({
    lower: -Infinity,
    upper: 6,
    entries: [
      [x, 1],
      [y, 3],
    ],
  });
  return programme;
}

async function errorOf(solved: Promise<unknown>): Promise<string> {
  return solved.then(
    () => "",
    (error: unknown) => (error as Error).message,
  );
}

describe("solve", () => {
  it("finds the least cost, and proves it", async () => {
    const { cost, leastCost, columns } = await solve(example(), "An example");
    expect(cost).to.be.closeTo(-11, 1e-9);
    expect(leastCost).to.be.closeTo(-11, 1e-9);
    expect(columns[0]).to.be.closeTo(3, 1e-9);
    expect(columns[1]).to.be.closeTo(1, 1e-9);
  });

  it("adds rows that a solution violates until none is missing", async () => {
    const asked: number[] = [];
    const { cost } = await solve(example(), "An example", ([x = 0]) => {
      asked.push(x);
      return x > 1 ? [{ lower: -Infinity, upper: x - 1, entries: [[0, 1]] }] : [];
    });
    expect(asked).to.deep.equal([3, 2, 1]);
    // x = 1, y = 5/3.
    expect(cost).to.be.closeTo(-3 - 10 / 3, 1e-9);
  });

  it("stops adding rows in the end", async () => {
    let rounds = 0;
    await solve(example(), "An example", () => {
      rounds += 1;
      return [{ lower: -Infinity, upper: 3, entries: [[0, 1]] }];
    });
    expect(rounds).to.equal(59);
  });

  it("says if there is no solution", async () => {
    const programme = example();
    programme.row({ lower: 5, upper: Infinity, entries: [[0, 1]] });
    expect(await errorOf(solve(programme, "An example"))).to.equal(
      "An example could not be computed: it has no solution.",
    );
  });

  it("says if HiGHS fails, and works again afterwards", async () => {
    const programme = example();
    programme.row({ lower: 5, upper: Infinity, entries: [[7, 1]] });
    expect(await errorOf(solve(programme, "An example"))).to.match(
      /^An example could not be computed: HiGHS failed with "/,
    );
    expect((await solve(example(), "An example")).cost).to.be.closeTo(-11, 1e-9);
  });
});
