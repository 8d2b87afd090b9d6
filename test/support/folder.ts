/** Folders that tests write to. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for each test of the suite, gone afterwards; gives the path of something in it. */
export function temporaryFolder(): (name: string) => string {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "heliomarket-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}
