import { stat } from "node:fs/promises";
import { join } from "node:path";

import { expect } from "chai";

import { UserError } from "../../sim/errors.ts";
import { makeOutputFolder, resultsFolder } from "../../sim/files.ts";
import { TestFiles } from "../support/files.ts";

describe("makeOutputFolder", () => {
  const files = new TestFiles();

  it("makes folders within folders, and takes one that is there", async () => {
    for (let i = 0; i < 2; i += 1) await makeOutputFolder(files.path("a/b"));
    expect((await stat(files.path("a/b"))).isDirectory()).to.equal(true);
  });

  for (const [name, reason] of [
    ["results", "this is a file, not a folder"],
    ["results/small", "a part of this path is a file, not a folder"],
  ] as const) {
    it(`says that ${name} cannot be written to, and why`, async () => {
      await files.write("results", "");
      const path = files.path(name);
      const error = await makeOutputFolder(path).catch((thrown: unknown) => thrown);
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
