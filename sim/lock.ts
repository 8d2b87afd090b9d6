/** Work that one process does at a time. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { UserError } from "./errors.ts";

/** SQLite's code for a file that another has locked. */
const BUSY = 5;

/** A lock that is held. */
export interface Lock {
  release(): void;
}

/**
 * Takes a lock: an empty SQLite file, whose lock ends with the process that holds it, however that ends.
 *
 * @param path of the file, which is made if it is not there
 * @param refusal message if another process, or this one, holds it
 * @throws UserError with this message
 */
export function takeLock(path: string, refusal: string): Lock {
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path);
  try {
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode !== BUSY) throw error;
    throw new UserError(refusal, { cause: error });
  }
  return {
    release: () => {
      db.close();
    },
  };
}
