/**
 * `closeTo` for numbers with parts: Hardhat's matchers take all numbers for integers of the chain. Plain numbers are compared
 * as chai does, and all else is left to Hardhat.
 */
import { use } from "chai";

type Method = (this: Chai.AssertionStatic, ...args: unknown[]) => unknown;

// Once all files are loaded, for Hardhat adds its matchers when the first of them connects to a network.
before(() => {
  use(({ Assertion }) => {
    const overwrite = (original: Method): Method =>
      function (this, ...args) {
        const value = this._obj as unknown;
        const [expected, delta] = args;
        if (typeof value !== "number" || typeof expected !== "number" || typeof delta !== "number")
          return original.apply(this, args);
        this.assert(
          Math.abs(value - expected) <= delta,
          `expected #{this} to be close to ${expected} +/- ${delta}`,
          `expected #{this} not to be close to ${expected} +/- ${delta}`,
          expected,
        );
        return undefined;
      };
    Assertion.overwriteMethod("closeTo", overwrite);
    Assertion.overwriteMethod("approximately", overwrite);
  });
});
