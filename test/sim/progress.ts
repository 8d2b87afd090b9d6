import { PassThrough } from "node:stream";

import { expect } from "chai";

import { showProgress } from "../../scripts/progress.ts";

describe("showProgress", () => {
  /** What is written to a stream that is no terminal. */
  function written(updates: readonly (readonly [done: number, total: number])[]): string[] {
    const stream = new PassThrough();
    const progress = showProgress(stream as unknown as NodeJS.WriteStream);
    for (const [done, total] of updates) progress.update(done, total, "hour");
    progress.stop();
    return String(stream.read() ?? "")
      .split("\n")
      .filter((line) => line !== "");
  }

  it("writes a line for each tenth where there is no terminal", () => {
    const updates = Array.from({ length: 168 }, (_, i) => [i + 1, 168] as const);
    const lines = written(updates);
    expect(lines).to.have.length(10);
    expect(lines[0]).to.equal("10 % hour");
    expect(lines.at(-1)).to.equal("100 % hour");
  });

  it("leaves out the tenths that one step passes", () => {
    expect(
      written([
        [1, 4],
        [2, 4],
        [4, 4],
      ]),
    ).to.deep.equal(["25 % hour", "50 % hour", "100 % hour"]);
  });

  it("shows a bar on a terminal", () => {
    const stream = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 80,
      cursorTo: () => true,
      clearLine: () => true,
      moveCursor: () => true,
    });
    const progress = showProgress(stream as unknown as NodeJS.WriteStream);
    progress.update(5, 10, "half");
    progress.stop();
    expect(String(stream.read())).to.contain("50 % | half");
  });
});
