import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { UserError } from "../../sim/errors.ts";
import { requireOutputFolder, resultsFolder } from "../../sim/files.ts";
import { TestFiles } from "../support/files.ts";

describe("requireOutputFolder", () => {
  const files = new TestFiles();

  it("takes what is there and what can be made, and makes nothing", async () => {
    for (const path of ["", "a", "a/b"]) await requireOutputFolder(files.path(path));
    expect(await readdir(files.path())).to.deep.equal([]);
    await requireOutputFolder("results-that-are-not-there/in-the-working-directory");
  });

  for (const [name, reason] of [
    ["results", "this is a file, not a folder"],
    ["results/small", "a part of this path is a file, not a folder"],
  ] as const) {
    it(`says that ${name} cannot be written to, and why`, async () => {
      await files.write("results", "");
      const path = files.path(name);
      const error = await requireOutputFolder(path).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UserError);
      expect((error as UserError).message).to.equal(
        `${path}: ${reason}. Name a folder for the results that can be written to.`,
      );
    });
  }
});

describe("resultsFolder", () => {
  it("keeps runs with rules of one's own apart from the scenario's usual run", () => {
    expect(resultsFolder("paper")).to.equal(join("results", "paper"));
    expect(resultsFolder("paper", "steady-sun", "mine")).to.equal(
      join("results", "paper-steady-sun-mine"),
    );
  });
});
