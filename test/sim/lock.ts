import { expect } from "chai";

import { UserError } from "../../sim/errors.ts";
import { holdFolder } from "../../sim/lock.ts";
import { TestFiles } from "../support/files.ts";

describe("holdFolder", () => {
  const files = new TestFiles();

  it("lets one in at a time, into each folder", () => {
    const [one, other] = [files.path("one"), files.path("other")];
    const held = holdFolder(one, "Somebody");
    expect(() => holdFolder(one, "Somebody")).to.throw(UserError, `Somebody is at work in ${one}.`);
    holdFolder(other, "Somebody").release();
    held.release();
    holdFolder(one, "Somebody").release();
  });
});
