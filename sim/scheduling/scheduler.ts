/** Which jobs run in the next hour: the paper, section 3. */
import { hourlyCoreSeconds, slackHours, type Job, type Rack } from "./rack.ts";

/** What a scheduler decides about. */
export interface HourPlan {
  /** The hour that is planned. */
  readonly hour: number;
  /** E_in(t, t+1) of eq. (6): PV energy predicted for the hour, Wh. */
  readonly forecastWh: number;
  /** The same for this hour and those after it, one day; Wh each. */
  readonly ahead: Float64Array;
  /** Unfinished jobs in the order in which they came. */
  readonly jobs: readonly Job[];
  /** Empty; what the scheduler places on it runs. */
  readonly rack: Rack;
}

/** A rule that places jobs on a rack. */
export interface Scheduler {
  readonly name: string;
  /**
   * Hours ahead whose sun the rule can use for work that is sold now, for the price of the next offer; at most
   * {@link LONGEST_HORIZON}.
   */
  readonly horizonHours: number;
  /** Whether work that can wait is left waiting, so that a data centre may sell more than it could run at once. */
  readonly defers: boolean;
  /** @returns the gap of eq. (6) before work is suspended or started to close it, Wh */
  plan(plan: HourPlan): number;
}

/** Mean length of a job, hours: how far ahead the sun matters for work that is run at once. */
const RUN_NOW_HORIZON = 6;

/** The hours after the present one of which the sun is forecast: until the same time tomorrow. */
export const LONGEST_HORIZON = 23;

/** Everything runs at once, in the order in which it came, whatever the sun does. */
export const runNow: Scheduler = {
  name: "run-now",
  horizonHours: RUN_NOW_HORIZON,
  defers: false,
  plan({ hour, forecastWh, jobs, rack }) {
    placeFirst(jobs, hour, rack);
    for (const job of jobs) if (!job.priority && !mustRun(job, hour)) rack.place(job);
    return forecastWh - rack.loadWh;
  },
};

/**
 * The paper's scheduler. Priority work and work whose slack is used up run in any case. With energy to spare (Gap ≥ 0), waiting
 * work is started by First-Fit Decreasing on its energy, weighted by how long it was left over; when energy is short
 * (Gap < 0), running work is suspended, the most tolerant first, until it is not.
 */
export const opportunistic: Scheduler = {
  name: "opportunistic",
  horizonHours: LONGEST_HORIZON,
  defers: true,
  plan({ hour, forecastWh, jobs, rack }) {
    placeFirst(jobs, hour, rack);
    const suspendable: Job[] = [];
    const waiting: Job[] = [];
    for (const job of decreasing(jobs)) {
      if (job.priority || mustRun(job, hour)) continue;
      if (job.running && rack.place(job)) suspendable.push(job);
      else waiting.push(job);
    }
    const gap = forecastWh - rack.loadWh;
    if (gap >= 0) startDecreasing(waiting, gap, rack);
    else suspendTolerant(suspendable, hour, forecastWh, rack);
    return gap;
  },
};

/** Work that cannot wait: whose slack does not last for another hour. */
export const mustRun = (job: Job, hour: number): boolean => slackHours(job, hour) < 1;

/** Places what runs in any case: priority work that is running, then new priority work, then what cannot wait. */
export function placeFirst(jobs: readonly Job[], hour: number, rack: Rack): void {
  const urgent: Job[] = [];
  for (const job of jobs) {
    if (job.priority && job.running) rack.place(job);
    else if (job.priority || mustRun(job, hour)) urgent.push(job);
  }
  // Largest first, so that all find room; if they do not, the one that can wait least.
  urgent.sort(
    (a, b) =>
      Number(b.priority) - Number(a.priority) ||
      b.cores - a.cores ||
      slackHours(a, hour) - slackHours(b, hour),
  );
  for (const job of urgent) rack.place(job);
}

/** Largest first, which packs them on the fewest servers. */
const decreasing = (jobs: readonly Job[]): Job[] => [...jobs].sort((a, b) => b.cores - a.cores);

/** First-Fit Decreasing on the energy of the next hour, within a class weighted by ageing. */
function startDecreasing(waiting: Job[], gap: number, rack: Rack): void {
  let budget = gap;
  const weight = (job: Job): number => hourlyCoreSeconds(job) * (1 + job.waited);
  waiting.sort((a, b) => weight(b) - weight(a));
  for (const job of waiting) {
    const server = rack.serverFor(job);
    if (server < 0) continue;
    const cost = rack.costWh(job, server);
    if (cost <= budget && rack.place(job, server)) budget -= cost;
  }
}

function suspendTolerant(running: Job[], hour: number, forecastWh: number, rack: Rack): void {
  running.sort((a, b) => slackHours(b, hour) - slackHours(a, hour));
  for (const job of running) {
    if (rack.loadWh <= forecastWh) return;
    rack.remove(job);
  }
}
