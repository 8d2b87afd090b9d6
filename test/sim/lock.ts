import { expect } from "chai";

import { UserError } from "../../sim/errors.ts";
import { takeLock } from "../../sim/lock.ts";
import { TestFiles } from "../support/files.ts";

describe("takeLock", () => {
  const files = new TestFiles();

  it("is held by one at a time, each file for itself", () => {
    const [one, other] = [files.path("locks/one"), files.path("locks/other")];
    const held = takeLock(one, "Not now.");
    expect(() => takeLock(one, "Not now.")).to.throw(UserError, "Not now.");
    takeLock(other, "Not now.").release();
    held.release();
    takeLock(one, "Not now.").release();
  });
});
