/** Files that are either the old or the new version, whenever the writer is interrupted. */
import { access, constants, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

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
  ENOTDIR: "a part of this path is a file, not a folder",
  EACCES: "writing there is not permitted",
  EPERM: "writing there is not permitted",
  EROFS: "writing there is not permitted",
};

/**
 * Checks that a folder can be written to, or made where it is to be, before the work whose results are to go there. Nothing is made
 * yet, so that work that fails leaves nothing behind.
 *
 * @throws UserError if nothing can be written there
 */
export async function requireOutputFolder(path: string): Promise<void> {
  try {
    const { path: there, isFolder } = await nearestThere(resolve(path));
    if (!isFolder) throw new UserError(refusal(path, "this is a file, not a folder"));
    await access(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new UserError(refusal(path, REASONS[code] ?? message), { cause: error });
  }
}

const refusal = (path: string, reason: string): string =>
  `${path}: ${reason}. Name a folder for the results that can be written to.`;

/** The path itself, or the innermost of the folders around it that are there. */
async function nearestThere(path: string): Promise<{ path: string; isFolder: boolean }> {
  try {
    return { path, isFolder: (await stat(path)).isDirectory() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return nearestThere(dirname(path));
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
