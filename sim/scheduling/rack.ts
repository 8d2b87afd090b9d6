/** The servers of a data centre and what runs on them in the next hour. */
import type { PowerCurve } from "../physics/server.ts";
import { SECONDS_PER_HOUR } from "../units.ts";

/** Work that a data centre has to do: a task, or the part of one that another data centre handed over. */
export interface Job {
  /** Number of its contract, for messages. */
  readonly contractId?: bigint;
  readonly cores: number;
  readonly memoryMb: number;
  readonly priority: boolean;
  /** Last hour in which it may run. */
  readonly deadlineHour: number;
  /** Core-seconds that are left. */
  remaining: number;
  /** Whether it has run before. */
  started: boolean;
  /** Whether it ran in the last hour. */
  running: boolean;
  /** Whether it is on the rack. */
  placed: boolean;
  /** Server that it is on, or was on last; −1 before the first. */
  server: number;
  /** For how many hours it has been left over: its ageing. */
  waited: number;
}

/** A job, for messages. */
export const jobName = ({ contractId, cores }: Job): string =>
  `the job of ${contractId === undefined ? "no contract" : `contract ${contractId}`} (${cores} cores)`;

/** Core-seconds that a job does in an hour. */
export const hourlyCoreSeconds = ({ cores, remaining }: Job): number =>
  Math.min(remaining, cores * SECONDS_PER_HOUR);

/** Hours that a job still needs, in parts. */
export const hoursNeeded = ({ cores, remaining }: Job): number =>
  remaining / (cores * SECONDS_PER_HOUR);

/** Hours that a job can wait from `hour` on; below 1 it has to run in this hour. */
export const slackHours = (job: Job, hour: number): number =>
  job.deadlineHour + 1 - hour - hoursNeeded(job);

/** What a rack is made of. */
export interface RackSpec {
  readonly servers: number;
  readonly cores: number;
  readonly memoryMb: number;
  readonly curve: PowerCurve;
  readonly switchOffIdle: boolean;
  /** Constant power of the cooling, on a switch of its own, W. */
  readonly coolingW: number;
}

/** Places jobs on servers for one hour; loads are energies of that hour, Wh. */
export class Rack {
  readonly spec: RackSpec;
  /** Energy of each server in the hour, and of the cooling at the end. */
  readonly loadsWh: Float64Array;
  /** The jobs that are placed, in the order of their placing. */
  readonly placed: Job[] = [];
  /** The servers that they are on. */
  private readonly servers: number[] = [];
  private readonly freeCores: Int32Array;
  private readonly freeMemory: Float64Array;
  /** Busy core-seconds of each server. */
  private readonly busy: Float64Array;
  private totalWh = 0;

  constructor(spec: RackSpec) {
    this.spec = spec;
    this.loadsWh = new Float64Array(spec.servers + 1);
    this.freeCores = new Int32Array(spec.servers);
    this.freeMemory = new Float64Array(spec.servers);
    this.busy = new Float64Array(spec.servers);
    this.clear();
  }

  /** Empties it. */
  clear(): void {
    const { spec } = this;
    for (const job of this.placed) job.placed = false;
    this.placed.length = 0;
    this.servers.length = 0;
    this.freeCores.fill(spec.cores);
    this.freeMemory.fill(spec.memoryMb);
    this.busy.fill(0);
    this.loadsWh.fill(spec.switchOffIdle ? 0 : spec.curve.idle);
    this.loadsWh[spec.servers] = spec.coolingW;
    this.totalWh = this.loadsWh.reduce((sum, load) => sum + load, 0);
  }

  /** Energy of everything that is placed, and of the cooling. */
  get loadWh(): number {
    return this.totalWh;
  }

  /** Cores that are free on all servers together. */
  get coresFree(): number {
    let sum = 0;
    for (const cores of this.freeCores) sum += cores;
    return sum;
  }

  /**
   * Server on which a job would be placed: the first that has room, so that few are on; −1 if none. Priority work that is
   * running stays where it is.
   */
  serverFor(job: Job): number {
    if (job.priority && job.running && this.hasRoom(job.server, job)) return job.server;
    for (let i = 0; i < this.spec.servers; i += 1) if (this.hasRoom(i, job)) return i;
    return -1;
  }

  /** Energy that placing the job on a server adds. */
  costWh(job: Job, server: number): number {
    return this.serverWh((this.busy[server] ?? 0) + hourlyCoreSeconds(job)) - this.load(server);
  }

  /**
   * Places a job; returns whether there was room, and it is not there already.
   *
   * @param on server; default: any with room
   * @throws RangeError if there is no room on the server that was asked for
   */
  place(job: Job, on?: number): boolean {
    if (job.placed && this.placed.includes(job)) return false;
    const server = on ?? this.serverFor(job);
    if (!this.hasRoom(server, job)) {
      if (on === undefined) return false;
      throw new RangeError(
        `${jobName(job)} has no room on server ${on}; take the one that rack.serverFor(job) gives, unless it is -1`,
      );
    }
    job.server = server;
    job.placed = true;
    this.placed.push(job);
    this.servers.push(server);
    this.change(server, job, 1);
    return true;
  }

  /** Takes a job off again. */
  remove(job: Job): void {
    const at = this.placed.indexOf(job);
    if (at < 0)
      throw new RangeError(`${jobName(job)} is not placed, and only what is placed can be removed`);
    this.placed.splice(at, 1);
    this.servers.splice(at, 1);
    job.placed = false;
    this.change(job.server, job, -1);
  }

  /** Server on which a job is placed; undefined if it is not. */
  serverOf(job: Job): number | undefined {
    return this.servers[this.placed.indexOf(job)];
  }

  private hasRoom(server: number, { cores, memoryMb }: Job): boolean {
    return (this.freeCores[server] ?? -1) >= cores && (this.freeMemory[server] ?? 0) >= memoryMb;
  }

  private change(server: number, job: Job, sign: 1 | -1): void {
    this.freeCores[server] = (this.freeCores[server] ?? 0) - sign * job.cores;
    this.freeMemory[server] = (this.freeMemory[server] ?? 0) - sign * job.memoryMb;
    const busy = (this.busy[server] ?? 0) + sign * hourlyCoreSeconds(job);
    this.busy[server] = busy;
    const before = this.load(server);
    const empty = this.freeCores[server] === this.spec.cores;
    const after = empty
      ? this.spec.switchOffIdle
        ? 0
        : this.spec.curve.idle
      : this.serverWh(busy);
    this.loadsWh[server] = after;
    this.totalWh += after - before;
  }

  private load(server: number): number {
    return this.loadsWh[server] ?? 0;
  }

  /** Energy of a server that is on for the hour, at its mean utilisation. */
  private serverWh(busyCoreSeconds: number): number {
    return this.spec.curve.at(busyCoreSeconds / (this.spec.cores * SECONDS_PER_HOUR));
  }
}
