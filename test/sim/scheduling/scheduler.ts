import { expect } from "chai";

import { PowerCurve } from "../../../sim/physics/server.ts";
import { Random } from "../../../sim/random.ts";
import {
  hourlyCoreSeconds,
  hoursNeeded,
  Rack,
  slackHours,
  type Job,
  type RackSpec,
} from "../../../sim/scheduling/rack.ts";
import { mustRun, opportunistic, runNow } from "../../../sim/scheduling/scheduler.ts";
import { baseSeed } from "../../support/seed.ts";

const SPEC: RackSpec = {
  servers: 5,
  cores: 6,
  memoryMb: 32_768,
  curve: new PowerCurve([97, 152, 170, 188, 201, 220]),
  switchOffIdle: true,
  coolingW: 0,
};

const job = (changes: Partial<Job> & { hours?: number } = {}): Job => {
  const cores = changes.cores ?? 6;
  return {
    cores,
    memoryMb: 1024,
    priority: false,
    deadlineHour: 23,
    remaining: (changes.hours ?? 4) * cores * 3600,
    started: false,
    running: false,
    placed: false,
    server: -1,
    waited: 0,
    ...changes,
  };
};

function planned(
  scheduler: typeof opportunistic,
  jobs: Job[],
  forecastWh: number,
  hour = 0,
  spec = SPEC,
): { gap: number; ran: boolean[]; rack: Rack } {
  const rack = new Rack(spec);
  const ahead = Float64Array.of(forecastWh);
  const gap = scheduler.plan({ hour, forecastWh, ahead, jobs, rack });
  return { gap, ran: jobs.map(({ placed }) => placed), rack };
}

describe("Rack", () => {
  it("counts the hour's energy of what is on it", () => {
    const rack = new Rack({ ...SPEC, coolingW: 10 });
    expect(rack.loadWh).to.equal(10);
    const full = job();
    expect(rack.costWh(full, rack.serverFor(full))).to.be.closeTo(220, 1e-9);
    rack.place(full);
    expect(rack.loadWh).to.be.closeTo(230, 1e-9);
    // Half an hour of all cores is half the utilisation of the hour.
    rack.place(job({ hours: 0.5 }));
    expect(rack.loadWh).to.be.closeTo(230 + 179, 1e-9);
    rack.remove(full);
    expect(rack.loadWh).to.be.closeTo(189, 1e-9);
  });

  it("lets idle servers run if they are not switched off", () => {
    const rack = new Rack({ ...SPEC, switchOffIdle: false });
    expect(rack.loadWh).to.be.closeTo(5 * 97, 1e-9);
    rack.place(job());
    expect(rack.loadWh).to.be.closeTo(4 * 97 + 220, 1e-9);
  });

  it("has no room beyond a server's cores and memory", () => {
    const rack = new Rack({ ...SPEC, servers: 2 });
    expect(rack.place(job({ cores: 4 }))).to.equal(true);
    expect(rack.place(job({ cores: 4 }))).to.equal(true);
    expect(rack.place(job({ cores: 4 }))).to.equal(false);
    expect(rack.place(job({ cores: 2 }))).to.equal(true);
    expect(rack.place(job({ cores: 2, memoryMb: 32_000 }))).to.equal(false);
    expect(rack.coresFree).to.equal(2);
  });

  it("leaves priority work that runs where it is, and packs the rest", () => {
    const rack = new Rack(SPEC);
    const priority = job({ cores: 2, priority: true, running: true, server: 3 });
    const other = job({ cores: 2, running: true, server: 3 });
    rack.place(priority);
    rack.place(other);
    expect([priority.server, other.server]).to.deep.equal([3, 0]);
  });
});

describe("run-now", () => {
  it("runs everything in the order in which it came, whatever the sun does", () => {
    const jobs = Array.from({ length: 6 }, () => job());
    const { ran, gap } = planned(runNow, jobs, 0);
    expect(ran).to.deep.equal([true, true, true, true, true, false]);
    expect(gap).to.be.closeTo(-1100, 1e-9);
  });
});

describe("opportunistic", () => {
  it("starts waiting work while it fits the sun: Gap ≥ 0", () => {
    const { ran, gap } = planned(opportunistic, [job(), job(), job()], 450);
    expect(gap).to.equal(450);
    expect(ran.filter(Boolean)).to.have.length(2);
  });

  it("takes the largest that fits first, and smaller ones after it", () => {
    const small = job({ cores: 1 });
    const large = job({ cores: 6 });
    const { ran } = planned(opportunistic, [small, large], 230);
    expect(ran).to.deep.equal([false, true]);
    expect(planned(opportunistic, [job({ cores: 1 }), job({ cores: 6 })], 160).ran).to.deep.equal([
      true,
      false,
    ]);
  });

  it("prefers what was left over before", () => {
    const old = job({ cores: 2, waited: 3 });
    const fresh = job({ cores: 4 });
    expect(planned(opportunistic, [fresh, old], 170).ran).to.deep.equal([false, true]);
  });

  it("suspends the most tolerant first until the sun suffices: Gap < 0", () => {
    const jobs = [10, 30, 20].map((deadlineHour) => job({ deadlineHour, running: true }));
    const { ran, gap } = planned(opportunistic, jobs, 450);
    expect(gap).to.be.closeTo(450 - 660, 1e-9);
    expect(ran).to.deep.equal([true, false, true]);
    expect(planned(opportunistic, jobs, 0).ran).to.deep.equal([false, false, false]);
  });

  it("never suspends priority work, nor work whose slack is used up", () => {
    const priority = job({ priority: true, running: true });
    const urgent = job({ deadlineHour: 4, hours: 4.5, running: true });
    const tolerant = job({ deadlineHour: 5, hours: 4.5, running: true });
    expect([mustRun(urgent, 0), mustRun(tolerant, 0)]).to.deep.equal([true, false]);
    expect(planned(opportunistic, [tolerant, urgent, priority], 0).ran).to.deep.equal([
      false,
      true,
      true,
    ]);
  });

  it("starts new priority work at once", () => {
    expect(planned(opportunistic, [job({ priority: true })], 0).ran).to.deep.equal([true]);
  });

  it("misses no deadline that room allows, on random work", () => {
    const random = new Random(`${baseSeed()}/deadlines`);
    for (let run = 0; run < 100; run += 1) {
      // Whole servers, so that room is a matter of number: at most five have to run in any hour.
      const jobs = Array.from({ length: 5 }, () => {
        const hours = random.int(1, 8);
        return job({ hours, deadlineHour: hours + random.int(0, 12) - 1 });
      });
      for (let hour = 0; hour < 24; hour += 1) {
        const open = jobs.filter(({ remaining }) => remaining > 0);
        planned(opportunistic, open, random.chance(0.3) ? random.int(0, 1200) : 0, hour);
        for (const one of open) {
          one.running = one.placed;
          if (one.placed) one.remaining -= hourlyCoreSeconds(one);
          expect(slackHours(one, hour + 1) >= 0 || one.remaining === 0).to.equal(true);
        }
      }
      expect(jobs.every(({ remaining }) => remaining === 0)).to.equal(true);
    }
  });

  /**
   * Least import of all schedules, by trying each: every job runs in the hours of one of the subsets that are long enough, on
   * one server of its own, and PV is used without switching losses.
   */
  function optimum(jobs: readonly Job[], sun: readonly number[]): number {
    const choices = jobs.map((one) => {
      const need = Math.ceil(hoursNeeded(one));
      const last = Math.min(one.deadlineHour, sun.length - 1);
      const sets: number[] = [];
      for (let set = 0; set < 1 << (last + 1); set += 1) {
        let ones = 0;
        for (let i = 0; i <= last; i += 1) ones += (set >> i) & 1;
        if (ones === need) sets.push(set);
      }
      return sets;
    });
    let best = Infinity;
    const search = (i: number, load: readonly number[]): void => {
      const options = choices[i];
      if (options === undefined) {
        best = Math.min(
          best,
          load.reduce((so, wh, hour) => so + Math.max(0, wh - (sun[hour] ?? 0)), 0),
        );
        return;
      }
      for (const set of options)
        search(
          i + 1,
          load.map((wh, hour) => wh + (((set >> hour) & 1) === 1 ? 220 : 0)),
        );
    };
    search(
      0,
      sun.map(() => 0),
    );
    return best;
  }

  it("is never better than the optimum, better than running at once, and near the optimum with sun to come", () => {
    const random = new Random(`${baseSeed()}/optimum`);
    let ours = 0;
    let atOnce = 0;
    let least = 0;
    for (let run = 0; run < 60; run += 1) {
      const sun = [0, 0, 220, 440, 440, 220].map((wh) => wh * random.pick([0, 1, 1, 1]));
      const make = (): Job[] => {
        const hours = [random.int(1, 3), random.int(1, 3), random.int(1, 2)];
        return hours.map((h) =>
          job({ hours: h, deadlineHour: Math.min(5, h - 1 + random.int(0, 5)) }),
        );
      };
      const jobs = make();
      const imported = (scheduler: typeof opportunistic): number => {
        const own = jobs.map((one) => ({ ...one }));
        let total = 0;
        sun.forEach((wh, hour) => {
          const open = own.filter(({ remaining }) => remaining > 0);
          const { rack } = planned(scheduler, open, wh, hour);
          total += Math.max(0, rack.loadWh - wh);
          for (const one of open) {
            one.running = one.placed;
            if (one.placed) one.remaining -= hourlyCoreSeconds(one);
          }
        });
        expect(own.every(({ remaining }) => remaining === 0)).to.equal(true);
        return total;
      };
      const best = optimum(jobs, sun);
      const got = imported(opportunistic);
      expect(got).to.be.at.least(best - 1e-6);
      ours += got;
      atOnce += imported(runNow);
      least += best;
    }
    expect(ours).to.be.below(atOnce);
    expect(ours).to.be.below(least * 1.25);
  });
});
