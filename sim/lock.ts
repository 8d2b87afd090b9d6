/** A folder that one process works in at a time. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { UserError } from "./errors.ts";

/** Its only content is SQLite's lock, which ends with the process that holds it, however that ends. */
const LOCK_FILE = "lock.sqlite";

/** SQLite's code for a file that another has locked. */
const BUSY = 5;

/** A folder that is held. */
export interface FolderLock {
  release(): void;
}

/**
 * Holds a folder, which is made if it is not there.
 *
 * @param whose what else may hold it, for the message
 * @throws UserError if another process, or this one, holds it already
 */
export function holdFolder(folder: string, whose: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, LOCK_FILE));
  try {
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode !== BUSY) throw error;
    throw new UserError(`${whose} is at work in ${folder}. Wait until it ends, or stop it.`, {
      cause: error,
    });
  }
  return {
    release: () => {
      db.close();
    },
  };
}
