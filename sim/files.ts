/** Files that are either the old or the new version, whenever the writer is interrupted. */
import { access, constants, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { UserError } from "./errors.ts";

/**
 * Writes a file by way of another in the same folder, which then takes its place; folders are made.
 *
 * @param text the whole, or its pieces one after another
 * @param mode permissions of the file, before the process' umask
 */
export async function writeAtomically(
  path: string,
  text: string | Iterable<string>,
  mode = 0o666,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  // Of an earlier process with the same number that was interrupted; "wx" then sets the permissions anew.
  await rm(draft, { force: true });
  try {
    const file = await open(draft, "wx", mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: "this is a file, not a folder",
  ENOTDIR: "a part of this path is a file, not a folder",
  EACCES: "writing there is not permitted",
  EPERM: "writing there is not permitted",
  EROFS: "writing there is not permitted",
};

/**
 * Makes the folder that results will be written to, before the work whose results they are.
 *
 * @throws UserError if nothing can be written there
 */
export async function makeOutputFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new UserError(
      `${path}: ${REASONS[code] ?? message}. Name a folder for the results that can be written to.`,
      { cause: error },
    );
  }
}

/** A file's text; undefined if there is no such file. */
export async function readIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Folder for a run's results if nobody names one: by its scenario, and what else tells it from the scenario's usual run. */
export const resultsFolder = (scenario: string, ...kind: readonly string[]): string =>
  join("results", [scenario, ...kind].join("-"));
