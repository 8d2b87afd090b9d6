import { expect } from "chai";

import { Random } from "../../../sim/random.ts";
import {
  bestPower,
  importBound,
  type BoundBattery,
  type BoundInput,
} from "../../../sim/scheduling/bound.ts";
import type { WorkItem } from "../../../sim/scheduling/windows.ts";

/** One core that needs 100 W when it works. */
const CORE: BoundInput["server"] = {
  count: 1,
  cores: 1,
  memoryGb: 1,
  powerW: [0, 100],
  switchOffIdle: true,
  coolingW: 0,
};
const PAPER = { ...CORE, count: 5, cores: 6, powerW: [97, 152, 170, 188, 201, 220], coolingW: 10 };
const BATTERY: BoundBattery = {
  usableWh: 150,
  chargeW: 80,
  dischargeW: 120,
  efficiency: 0.5,
  initialWh: 0,
};

const importOf = async (input: BoundInput): Promise<number> =>
  (await importBound(input)).importKwh * 1000;

const hour = (releaseHour: number, deadlineHour: number): WorkItem => ({
  releaseHour,
  deadlineHour,
  coreSeconds: 3600,
  cores: 1,
});

/** What a data centre imports that works so many cores in each hour; serving the sun's surplus as early as possible is best. */
function importsOf(
  works: readonly number[],
  pv: readonly number[],
  { powerW, cores, switchOffIdle, coolingW }: BoundInput["server"],
  battery: BoundBattery | undefined,
): number {
  let stored = battery?.initialWh ?? 0;
  let imports = 0;
  for (const [i, work] of works.entries()) {
    const place = (work / cores) * (powerW.length - 1);
    const [low = 0, high = 0] = [powerW[Math.floor(place)], powerW[Math.ceil(place)]];
    const server = work === 0 && switchOffIdle ? 0 : low + (high - low) * (place % 1);
    const load = server + coolingW;
    const sun = pv[i] ?? 0;
    const { usableWh = 0, chargeW = 0, dischargeW = 0, efficiency = 1 } = battery ?? {};
    const discharge = Math.min(Math.max(0, load - sun), dischargeW, stored);
    const charge = Math.min(Math.max(0, sun - load), chargeW, (usableWh - stored) / efficiency);
    stored += charge * efficiency - discharge;
    imports += Math.max(0, load - sun) - discharge;
  }
  return imports;
}

/** The least import over all ways to put an hour of each item's work into an hour of a data centre. */
function leastImport(input: BoundInput): number {
  const { hours, items, pvWh, server, battery } = input;
  const works = pvWh.map(() => Array.from({ length: hours }, () => 0));
  let least = Infinity;
  const place = (next: number): void => {
    const item = items[next];
    if (item === undefined) {
      const imports = works.map((work, i) =>
        importsOf(work, Array.from(pvWh[i] ?? []), server, battery),
      );
      least = Math.min(
        least,
        imports.reduce((sum, each) => sum + each, 0),
      );
      return;
    }
    for (const work of works) {
      for (let h = item.releaseHour; h <= Math.min(item.deadlineHour, hours - 1); h += 1) {
        const busy = work[h] ?? 0;
        if (busy >= server.cores) continue;
        work[h] = busy + 1;
        place(next + 1);
        work[h] = busy;
      }
    }
  };
  place(0);
  return least;
}

describe("importBound", () => {
  it("moves work to the sun as far as its window goes", async () => {
    const input = { hours: 4, pvWh: [[0, 0, 60, 500]], dataCentres: 1, server: CORE };
    expect(await importOf({ ...input, items: [hour(0, 1)] })).to.be.closeTo(100, 1e-6);
    expect(await importOf({ ...input, items: [hour(0, 2)] })).to.be.closeTo(40, 1e-6);
    expect(await importOf({ ...input, items: [hour(0, 3)] })).to.be.closeTo(0, 1e-6);
    // Two in the one hour of sun are more than the core can do.
    expect(await importOf({ ...input, items: [hour(0, 3), hour(0, 3)] })).to.be.closeTo(40, 1e-6);
  });

  it("does not do an item's work faster than with its cores", async () => {
    const item = { releaseHour: 0, deadlineHour: 1, coreSeconds: 7200, cores: 1 };
    const input = { hours: 2, pvWh: [[0, 500]], dataCentres: 2, server: CORE };
    expect(await importOf({ ...input, items: [item] })).to.be.closeTo(100, 1e-6);
    const { cores, ...unlimited } = item;
    expect(cores).to.equal(1);
    expect(await importOf({ ...input, items: [unlimited] })).to.be.closeTo(0, 1e-6);
  });

  it("takes surplus through the ESD with its loss and limits", async () => {
    // 100 W at night; 80 Wh are charged, 40 come back.
    const input = { hours: 2, pvWh: [[500, 0]], dataCentres: 1, server: CORE, items: [hour(1, 1)] };
    expect(await importOf({ ...input, battery: BATTERY })).to.be.closeTo(60, 1e-6);
    const { hourly } = await importBound({ ...input, battery: BATTERY });
    expect(hourly[0]?.chargeWh).to.be.closeTo(80, 1e-6);
    expect(hourly[0]?.storedWh).to.be.closeTo(40, 1e-6);
    expect(hourly[1]?.dischargeWh).to.be.closeTo(40, 1e-6);
    const full = { ...BATTERY, initialWh: 150 };
    expect(await importOf({ ...input, battery: full })).to.be.closeTo(0, 1e-6);
    const slow = { ...full, dischargeW: 30 };
    expect(await importOf({ ...input, battery: slow })).to.be.closeTo(70, 1e-6);
    const small = { ...BATTERY, usableWh: 10 };
    expect(await importOf({ ...input, battery: small })).to.be.closeTo(90, 1e-6);
  });

  it("takes each data centre's servers at their best efficiency, and cooling as it is", async () => {
    expect(bestPower(PAPER)).to.deep.equal({ constantW: 10, coreW: 220 / 6 });
    const { constantW, coreW } = bestPower({ ...PAPER, switchOffIdle: false });
    expect(constantW).to.equal(10 + 5 * 97);
    expect(coreW).to.be.closeTo((220 - 97) / 6, 1e-9);
    // A curve whose best is in the middle.
    expect(bestPower({ ...CORE, powerW: [50, 60, 200] }).coreW).to.equal(120);
    const input = { hours: 3, pvWh: [[0, 0, 0]], dataCentres: 2, server: PAPER };
    const items = [hour(0, 2)];
    expect(await importOf({ ...input, items })).to.be.closeTo(6 * 10 + 220 / 6, 1e-6);
  });

  it("is the optimum for hours of work in whole cores of sun", async () => {
    const random = new Random("exact");
    for (let round = 0; round < 25; round += 1) {
      const hours = random.int(2, 4);
      const server = { ...CORE, cores: 2, powerW: [0, 100, 200], coolingW: random.int(0, 1) * 100 };
      const items = Array.from({ length: random.int(1, 4) }, () => {
        const release = random.int(0, hours - 1);
        return hour(release, random.int(release, hours));
      });
      const pvWh = Array.from({ length: 2 }, () =>
        Array.from({ length: hours }, () => random.int(0, 3) * 100),
      );
      const input = { hours, items, pvWh, dataCentres: 1, server };
      const least = leastImport(input);
      if (least === Infinity) continue;
      expect(await importOf(input), `round ${round}`).to.be.closeTo(least, 1e-6);
    }
  });

  it("is never above the optimum, and no lower with less sun or ESD", async () => {
    const random = new Random("bound");
    let exact = 0;
    for (let round = 0; round < 40; round += 1) {
      const hours = random.int(2, 5);
      const server = {
        ...CORE,
        cores: 2,
        powerW: [random.int(0, 60), random.int(60, 120), random.int(120, 200)],
        switchOffIdle: random.chance(0.7),
        coolingW: random.int(0, 20),
      };
      const items = Array.from({ length: random.int(1, 4) }, () => {
        const release = random.int(0, hours - 1);
        return hour(release, random.int(release, hours));
      });
      const pvWh = Array.from({ length: random.int(1, 2) }, () =>
        Array.from({ length: hours }, () => random.int(0, 300)),
      );
      const battery = { ...BATTERY, initialWh: random.int(0, 150), usableWh: random.int(150, 300) };
      const input = { hours, items, pvWh, dataCentres: 1, server };
      const least = leastImport({ ...input, battery });
      if (least === Infinity) continue;
      const bound = await importOf({ ...input, battery });
      expect(bound, `round ${round}`).to.be.at.most(least + 1e-6);
      if (bound > least - 1e-6) exact += 1;
      const noBattery = await importOf(input);
      expect(noBattery).to.be.at.least(bound - 1e-6);
      expect(noBattery).to.be.at.most(leastImport(input) + 1e-6);
      const dark = pvWh.map((series) => series.map((pv) => pv * 0.8));
      expect(await importOf({ ...input, battery, pvWh: dark })).to.be.at.least(bound - 1e-6);
      const small = { ...battery, usableWh: battery.initialWh, chargeW: 40 };
      expect(await importOf({ ...input, battery: small })).to.be.at.least(bound - 1e-6);
    }
    expect(exact).to.be.above(5);
  });

  /** A week of a market at this size. */
  function week(microgrids: number): BoundInput {
    const random = new Random(`week of ${microgrids}`);
    const items = Array.from({ length: microgrids * 394 }, (): WorkItem => {
      const releaseHour = random.int(0, 167);
      const hoursOfWork = Math.min(random.int(1, 14), 168 - releaseHour);
      const cores = random.pick([1, 1, 2, 4]);
      const deadlineHour = releaseHour + hoursOfWork + random.int(0, 24);
      return { releaseHour, deadlineHour, coreSeconds: hoursOfWork * cores * 3500, cores };
    });
    const pvWh = Array.from({ length: microgrids }, () =>
      Array.from({ length: 168 }, (_, h) => {
        const height = Math.sin((((h % 24) - 6) / 12) * Math.PI);
        return Math.max(0, height) * 1200 * random.next();
      }),
    );
    return { hours: 168, items, pvWh, dataCentres: 3, server: PAPER };
  }

  it("keeps every balance, at the paper's size, and is the same each time", async () => {
    const input = { ...week(10), battery: { ...BATTERY, usableWh: 800, chargeW: 250 } };
    const result = await importBound(input);
    const pvs = Array.from({ length: 168 }, (_, h) =>
      input.pvWh.reduce((sum, series) => sum + 3 * (series[h] ?? 0), 0),
    );
    let stored = 0;
    let imports = 0;
    for (const [h, flows] of result.hourly.entries()) {
      const { loadWh, directWh, chargeWh, dischargeWh, storedWh, importWh, exportWh } = flows;
      expect(Math.min(directWh, chargeWh, dischargeWh, storedWh)).to.be.at.least(-1e-6);
      expect(Math.min(importWh, exportWh)).to.be.at.least(-1e-6);
      expect(directWh + dischargeWh + importWh).to.be.closeTo(loadWh, 1e-6);
      expect(directWh + chargeWh + exportWh).to.be.closeTo(pvs[h] ?? 0, 1e-6);
      expect(storedWh - stored).to.be.closeTo(0.5 * chargeWh - dischargeWh, 1e-6);
      stored = storedWh;
      imports += importWh / 1000;
    }
    expect(imports).to.be.closeTo(result.importKwh, 1e-6 * imports);
    expect(await importBound(input)).to.deep.equal(result);
    expect((await importBound(week(10))).importKwh).to.be.above(result.importKwh);
  });

  it("is no higher for microgrids that are merged", async () => {
    const large = week(25);
    const { importKwh } = await importBound(large);
    // Each by itself with all of the work that the others leave to it: no schedule of the parts is better than that of the whole.
    const parts = await Promise.all(
      [0, 5, 10, 15, 20].map(async (first) => {
        const pvWh = large.pvWh.slice(first, first + 5);
        const items = large.items.filter((_, i) => Math.floor((i % 25) / 5) * 5 === first);
        return (await importBound({ ...large, pvWh, items })).importKwh;
      }),
    );
    expect(importKwh).to.be.at.most(parts.reduce((sum, part) => sum + part, 0) * (1 + 1e-9));
  });

  it("says if the work does not fit", async () => {
    const items = [hour(1, 1), hour(1, 1)];
    const input = { hours: 3, pvWh: [[0, 0, 0]], dataCentres: 1, server: CORE, items };
    const error = await importBound(input).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(RangeError);
    expect((error as Error).message).to.equal(
      "From hour 1 to 1, 2 core-hours of work must be done, but the servers have 1; " +
        "are the items' hours and core-seconds those of this run?",
    );
  });

  it("needs nothing for nothing", async () => {
    const input = { hours: 2, pvWh: [[0, 0]], dataCentres: 1, server: CORE, items: [] };
    expect(await importOf(input)).to.equal(0);
  });
});
