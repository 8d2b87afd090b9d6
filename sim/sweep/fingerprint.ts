/** A hash of source files, so that results are not taken over from other code. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A hash of the names and contents of all TypeScript files in a folder and in those below it. */
export async function fingerprint(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true });
  const hash = createHash("sha256");
  for (const file of files.filter((name) => name.endsWith(".ts")).sort()) {
    const text = await readFile(join(folder, file), "utf8");
    hash.update(JSON.stringify([file.replaceAll("\\", "/"), text]));
  }
  return hash.digest("hex");
}
