/** What an importer says about the file that it read. */

/** Rows that were left out, for one reason. */
export interface Dropped {
  /** In words that a person understands, such as "run time is 0". */
  readonly reason: string;
  readonly count: number;
  /** Line of the first one in the file, from 1. */
  readonly firstLine: number;
}

/** What was read from a file, and what was not. */
export interface ImportReport {
  readonly file: string;
  /** Name of the format that was detected, such as "PVGIS hourly CSV". */
  readonly format: string;
  /** Rows of data in the file. */
  readonly rows: number;
  /** Rows that the result is made of. */
  readonly used: number;
  readonly dropped: readonly Dropped[];
  /** What was assumed or changed, one sentence each: time zone, scaling, splitting. */
  readonly notes: readonly string[];
}

/** What a file held, and the report about it. */
export interface Imported<T> {
  readonly data: T;
  readonly report: ImportReport;
}
