/** What files of tasks have in common. */

/** A task as a file tells of it; undefined is what the file does not tell. Times are on the file's clock. */
export interface Job {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly submitSeconds: number;
  /** At least 1. */
  readonly durationSeconds: number;
  /** Whole, at least 1; perhaps more than a server has. */
  readonly cores: number;
  readonly memoryMb: number | undefined;
  readonly stateMb: number | undefined;
  /** Whole, at least 0; perhaps more than the scenario has. */
  readonly user: number | undefined;
  readonly priority: boolean | undefined;
  /** Not before submission plus duration. */
  readonly deadlineSeconds: number | undefined;
  readonly maxPriceYuanPerKWh: number | undefined;
}

/** The jobs of a file. */
export interface JobFile {
  /** Name of the format. */
  readonly format: string;
  /** Rows of data in the file. */
  readonly rows: number;
  readonly jobs: readonly Job[];
  /**
   * Whether the file's clock is the run's, so that the run begins at its 0; otherwise it is a log's and the run begins
   * where the scenario says or most is submitted.
   */
  readonly runClock: boolean;
  readonly notes: readonly string[];
}

/** Most cores of a job that are not a mistake; the largest machines have ten times as many, in all. */
export const MOST_CORES = 1e6;

/** Most memory of a job that is not a mistake, MB: a petabyte. */
export const MOST_MEMORY_MB = 2 ** 30;

/** A job of a log that says nothing beyond what every log says. */
export const plainJob = (
  line: number,
  submitSeconds: number,
  durationSeconds: number,
  cores: number,
): Job => ({
  line,
  // The logs' decimals are noise; whole seconds print as they are meant.
  submitSeconds: Math.round(submitSeconds),
  durationSeconds: Math.max(Math.round(durationSeconds), 1),
  cores: Math.ceil(cores),
  memoryMb: undefined,
  stateMb: undefined,
  user: undefined,
  priority: undefined,
  deadlineSeconds: undefined,
  maxPriceYuanPerKWh: undefined,
});
