/** Files that a test writes for itself, and those that only some machines have. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A folder for one suite; nothing is written before `open`. */
export class TestFolder {
  private path = "";

  async open(): Promise<void> {
    this.path = await mkdtemp(join(tmpdir(), "heliomarket-test-"));
  }

  async close(): Promise<void> {
    await rm(this.path, { recursive: true });
  }

  /** Writes a file and gives its path. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.path, name);
    await writeFile(path, content);
    return path;
  }
}

const SHARED_DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

/**
 * The path of a measured file beside the repository, which does not contain it; without it the test is skipped with a
 * message.
 */
export function sharedData(test: Mocha.Context, name: string): string {
  const path = join(SHARED_DATA, name);
  if (!existsSync(path)) {
    console.log(`      skipped: there is no ${path}`);
    test.skip();
  }
  return path;
}
