import { expect } from "chai";

import { Random } from "../../../sim/random.ts";
import { windowDemands, type WorkItem } from "../../../sim/scheduling/windows.ts";

const HOURS = 7;

/** What an item must do from hour `a` to `b`: all but what its cores can do outside. */
function mustDo(
  { releaseHour, deadlineHour, coreSeconds, cores = Infinity }: WorkItem,
  a: number,
  b: number,
): number {
  const last = Math.min(deadlineHour, HOURS - 1);
  let outside = 0;
  for (let hour = releaseHour; hour <= last; hour += 1) outside += Number(hour < a || hour > b);
  if (outside === last - releaseHour + 1) return 0;
  return Math.max(0, coreSeconds - (outside === 0 ? 0 : outside * cores * 3600));
}

describe("windowDemands", () => {
  it("asks for work whose whole window is inside", () => {
    const items = [{ releaseHour: 2, deadlineHour: 4, coreSeconds: 100 }];
    expect(windowDemands(items, 10)).to.deep.equal([
      { firstHour: 2, lastHour: 4, coreSeconds: 100 },
      { firstHour: 0, lastHour: 9, coreSeconds: 100 },
    ]);
  });

  it("asks for what does not fit outside with all cores busy", () => {
    // Two hours of work in three: an hour of it in any two of them, and in the middle one at least nothing.
    const items = [{ releaseHour: 0, deadlineHour: 2, coreSeconds: 7200, cores: 1 }];
    expect(windowDemands(items, 3)).to.deep.equal([
      { firstHour: 0, lastHour: 1, coreSeconds: 3600 },
      { firstHour: 1, lastHour: 2, coreSeconds: 3600 },
      { firstHour: 0, lastHour: 2, coreSeconds: 7200 },
    ]);
  });

  it("says the same as the definition, of which nothing is lost", () => {
    const random = new Random("windows");
    for (let round = 0; round < 200; round += 1) {
      const items = Array.from({ length: random.int(0, 6) }, (): WorkItem => {
        const releaseHour = random.int(0, HOURS - 1);
        const deadlineHour = random.int(releaseHour, HOURS + 2);
        const cores = random.int(1, 4);
        const most = (Math.min(deadlineHour, HOURS - 1) - releaseHour + 1) * cores * 3600;
        const item = { releaseHour, deadlineHour, coreSeconds: random.int(1, most) };
        return random.chance(0.3) ? item : { ...item, cores };
      });
      const demands = windowDemands(items, HOURS);
      const workOf = (a: number, b: number): number =>
        items.reduce((sum, item) => sum + mustDo(item, a, b), 0);
      // What the demands imply for each window, from short to long.
      const implied = new Map<string, number>();
      const known = (a: number, b: number): number => implied.get(`${a} ${b}`) ?? 0;
      for (const { firstHour, lastHour, coreSeconds } of demands) {
        expect(coreSeconds).to.equal(workOf(firstHour, lastHour));
        implied.set(`${firstHour} ${lastHour}`, coreSeconds);
      }
      for (let length = 1; length <= HOURS; length += 1) {
        for (let a = 0; a + length <= HOURS; a += 1) {
          const b = a + length - 1;
          const splits = Array.from(
            { length: length - 1 },
            (_, i) => known(a, a + i) + known(a + i + 1, b),
          );
          implied.set(
            `${a} ${b}`,
            Math.max(known(a, b), known(a + 1, b), known(a, b - 1), ...splits),
          );
          expect(known(a, b), `${round}: ${a} to ${b}`).to.equal(workOf(a, b));
        }
      }
    }
  });

  it("takes what was measured a little above what fits", () => {
    const items = [{ releaseHour: 1, deadlineHour: 1, coreSeconds: 3600.9, cores: 0.99 }];
    expect(windowDemands(items, 3)[0]).to.deep.equal({
      firstHour: 1,
      lastHour: 1,
      coreSeconds: 3600,
    });
  });

  it("leaves long windows out of long runs, but not the whole", () => {
    const items = Array.from({ length: 20 }, (_, i) => ({
      releaseHour: i,
      deadlineHour: i + (i % 5),
      coreSeconds: 60,
    }));
    const demands = windowDemands(items, 30, 3);
    const lengths = demands.map(({ firstHour, lastHour }) => lastHour - firstHour + 1);
    expect(Math.max(...lengths.slice(0, -1))).to.equal(3);
    expect(demands.at(-1)).to.deep.equal({ firstHour: 0, lastHour: 29, coreSeconds: 1200 });
  });

  it("asks for nothing if there is nothing", () => {
    expect(windowDemands([], 5)).to.deep.equal([{ firstHour: 0, lastHour: 4, coreSeconds: 0 }]);
  });

  for (const [releaseHour, deadlineHour] of [
    [5, 6],
    [2, 1],
    [-1, 3],
    [Number.NaN, 3],
  ] as const) {
    it(`refuses work from hour ${releaseHour} to ${deadlineHour} of five`, () => {
      expect(() => windowDemands([{ releaseHour, deadlineHour, coreSeconds: 9 }], 5)).to.throw(
        RangeError,
        `it may run from hour ${releaseHour} to ${deadlineHour}, and the run has the hours 0 to 4`,
      );
    });
  }
});
