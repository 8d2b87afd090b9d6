/** Files that a test writes for itself, and those that only some machines have. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A folder for each test of the suite that makes it, gone afterwards. */
export class TestFiles {
  private folder = "";

  constructor() {
    beforeEach(async () => {
      this.folder = await mkdtemp(join(tmpdir(), "heliomarket-"));
    });
    afterEach(() => rm(this.folder, { recursive: true, force: true }));
  }

  /** The path of something in it, which may not be there. */
  path(name = ""): string {
    return join(this.folder, name);
  }

  /** Writes a file and gives its path. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
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
