/**
 * A strategy of one's own: work that can wait is started only if the sun is forecast to carry it in this hour and in the
 * next, and goes on while it carries it in this one. How to run it: docs/strategies.md.
 */
import { slackHours } from "../sim/scheduling/rack.ts";
import { mustRun, placeFirst, type Scheduler } from "../sim/scheduling/scheduler.ts";
import type { CustomRules } from "../sim/strategies.ts";

const scheduler: Scheduler = {
  name: "steady-sun",
  horizonHours: 23,
  defers: true,
  plan({ hour, forecastWh, ahead, jobs, rack }) {
    // Priority work, and work whose slack is used up, runs on whatever source there is.
    placeFirst(jobs, hour, rack);
    const gap = forecastWh - rack.loadWh;

    const steadyWh = Math.min(forecastWh, ahead[1] ?? 0);
    const canWait = jobs.filter((job) => !job.priority && !mustRun(job, hour));
    canWait.sort(
      (a, b) => Number(b.running) - Number(a.running) || slackHours(a, hour) - slackHours(b, hour),
    );
    for (const job of canWait) {
      const sunWh = job.running ? forecastWh : steadyWh;
      const server = rack.serverFor(job);
      if (server >= 0 && rack.loadWh + rack.costWh(job, server) <= sunWh) rack.place(job, server);
    }
    return gap;
  },
};

export default { name: "steady-sun", scheduler } satisfies Partial<CustomRules>;
