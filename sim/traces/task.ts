/** What users want computed. */

/** A task of the workload. Times are seconds from the start of the run. */
export interface Task {
  /** Position in the workload, from 0. */
  readonly id: number;
  /** Number of the user that submits it, from 0. */
  readonly user: number;
  /** Cores that it keeps busy while it runs; at most a server's. */
  readonly cores: number;
  readonly memoryMb: number;
  /** What has to be moved when it goes on in another data centre, MB. */
  readonly stateMb: number;
  readonly submitSeconds: number;
  /** How long it runs with all its cores, at least one second. */
  readonly durationSeconds: number;
  /** When it has to be done; not before it was submitted plus its duration. */
  readonly deadlineSeconds: number;
  /** Whether it may not be interrupted once it runs (the paper, section 3). */
  readonly priority: boolean;
  /** The most that its user pays, yuan per kWh. */
  readonly maxPriceYuanPerKWh: number;
}
