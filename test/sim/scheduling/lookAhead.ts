import { expect } from "chai";

import { PowerCurve } from "../../../sim/physics/server.ts";
import { Random } from "../../../sim/random.ts";
import { lookAhead } from "../../../sim/scheduling/lookAhead.ts";
import { hourlyCoreSeconds, Rack, type Job, type RackSpec } from "../../../sim/scheduling/rack.ts";
import { opportunistic, type Scheduler } from "../../../sim/scheduling/scheduler.ts";
import { baseSeed } from "../../support/seed.ts";

const SPEC: RackSpec = {
  servers: 5,
  cores: 6,
  memoryMb: 32_768,
  curve: new PowerCurve([97, 152, 170, 188, 201, 220]),
  switchOffIdle: true,
  coolingW: 0,
};

const job = (hours: number, deadlineHour: number, cores = 6): Job => ({
  cores,
  memoryMb: 1024,
  priority: false,
  deadlineHour,
  remaining: hours * cores * 3600,
  started: false,
  running: false,
  placed: false,
  server: -1,
  waited: 0,
});

/** Runs jobs under a known sun; gives the import, and whether all was done in time. */
function run(
  scheduler: Scheduler,
  jobs: readonly Job[],
  sun: readonly number[],
): [number, boolean] {
  const own = jobs.map((one) => ({ ...one }));
  let importWh = 0;
  sun.forEach((wh, hour) => {
    const open = own.filter(({ remaining, deadlineHour }) => remaining > 0 && deadlineHour >= hour);
    const rack = new Rack(SPEC);
    const ahead = Float64Array.from(sun.slice(hour));
    scheduler.plan({ hour, forecastWh: wh, ahead, jobs: open, rack });
    importWh += Math.max(0, rack.loadWh - wh);
    for (const one of open) {
      one.running = one.placed;
      if (one.placed) one.remaining -= hourlyCoreSeconds(one);
    }
  });
  return [importWh, own.every(({ remaining }) => remaining === 0)];
}

describe("look-ahead", () => {
  it("waits for the sun that it sees coming", () => {
    const sun = [0, 100, 220, 220, 0];
    expect(run(lookAhead, [job(2, 4)], sun)).to.deep.equal([0, true]);
  });

  it("does not wait beyond the deadline", () => {
    expect(run(lookAhead, [job(2, 2)], [0, 0, 0, 220])).to.deep.equal([440, true]);
  });

  it("fills a server that is on rather than switch on another", () => {
    const rack = new Rack(SPEC);
    const jobs = [{ ...job(4, 3, 2), priority: true, running: true, server: 0 }, job(2, 9, 4)];
    const plan = { hour: 0, forecastWh: 0, ahead: new Float64Array(10), jobs, rack };
    lookAhead.plan(plan);
    // Four cores beside two that run take 56 W more; alone they would take 191 W.
    expect(jobs.map(({ placed }) => placed)).to.deep.equal([true, true]);
    expect(rack.loadWh).to.be.closeTo(220, 1e-9);
  });

  it("misses no deadline that room allows, and needs less import than the paper's rule on the whole", () => {
    const random = new Random(`${baseSeed()}/look-ahead`);
    let ours = 0;
    let theirs = 0;
    for (let time = 0; time < 60; time += 1) {
      const sun = Array.from({ length: 20 }, (_, h) =>
        random.chance(0.8) ? Math.round(700 * Math.max(0, Math.sin((Math.PI * (h - 4)) / 12))) : 0,
      );
      const jobs = Array.from({ length: 5 }, () => {
        const hours = random.int(1, 5);
        return job(hours, Math.min(19, hours + random.int(0, 14)), random.pick([2, 4, 6]));
      });
      const [wh, done] = run(lookAhead, jobs, sun);
      expect(done).to.equal(true);
      ours += wh;
      theirs += run(opportunistic, jobs, sun)[0];
    }
    expect(ours).to.be.below(theirs);
  });
});
