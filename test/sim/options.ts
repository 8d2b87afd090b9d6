import { expect } from "chai";

import { UserError } from "../../sim/errors.ts";
import { requireFilled, requirePort, requireWhole } from "../../sim/options.ts";

describe("requireWhole", () => {
  it("takes whole numbers within the limits, ends included", () => {
    for (const value of [1, 2, 3]) requireWhole("seeds", value, 1, 3);
    requireWhole("processes", Number.MAX_SAFE_INTEGER, 1);
  });

  it("refuses all others, and says which there are", () => {
    for (const value of [0, 4, 1.5, Number.NaN])
      expect(() => {
        requireWhole("seeds", value, 1, 3);
      }).to.throw(UserError, `--seeds must be a whole number from 1 to 3, is ${value}.`);
    expect(() => {
      requireWhole("processes", 0, 1);
    }).to.throw(UserError, "--processes must be a whole number from 1 on, is 0.");
  });
});

describe("requirePort", () => {
  it("takes what TCP takes", () => {
    for (const port of [0, 65_535]) requirePort("port", port);
    for (const port of [-1, 65_536])
      expect(() => {
        requirePort("console-port", port);
      }).to.throw(UserError, `--console-port must be a whole number from 0 to 65535, is ${port}.`);
  });
});

describe("requireFilled", () => {
  it("refuses the empty texts among options", () => {
    requireFilled({ out: undefined, set: "a=1", settings: [], seeds: 0, check: false });
    for (const value of ["", " "])
      expect(() => {
        requireFilled({ set: "a=1", strategyName: value });
      }).to.throw(UserError, "--strategy-name is empty; give it a value, or leave it out.");
  });
});
