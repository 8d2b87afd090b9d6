import { expect } from "chai";

import { splitOutside, splitOverrides } from "../../../sim/scenario/override.ts";
import { labelOf, parseAxes, settingsOf } from "../../../sim/sweep/grid.ts";

describe("A sweep's grid", () => {
  it("takes one value or several for each field", () => {
    expect(
      parseAxes(["a.b=0, 500,1000", "c=[1, 2],[3]", 'd="x,y",z', "e={ f: [1, 2] }"]),
    ).to.deep.equal([
      { path: "a.b", values: ["0", "500", "1000"] },
      { path: "c", values: ["[1, 2]", "[3]"] },
      { path: "d", values: ['"x,y"', "z"] },
      { path: "e", values: ["{ f: [1, 2] }"] },
    ]);
  });

  it("combines every value with every other, the last field fastest", () => {
    const settings = settingsOf(parseAxes(["a=1,2", "b=x,y,z"]));
    expect(settings.map(labelOf)).to.deep.equal([
      "a=1 b=x",
      "a=1 b=y",
      "a=1 b=z",
      "a=2 b=x",
      "a=2 b=y",
      "a=2 b=z",
    ]);
    expect(settingsOf([])).to.deep.equal([{}]);
  });

  it("names everything that is wrong", () => {
    expect(() => parseAxes(["a", "=1", "b=", "seed=1,2", "c=1", "c=2", "d=1,2,1"])).to.throw(
      "--set a: must be a field and its values; write it like battery.capacityWh=0,500,1000\n" +
        "--set =1: must be a field and its values; write it like battery.capacityWh=0,500,1000\n" +
        "--set b=: must be a field and its values; write it like battery.capacityWh=0,500,1000\n" +
        "--set seed=1,2: a sweep has the seeds from 1 on; say how many with --seeds\n" +
        "--set c=2: field `c` is set twice; put all its values into one\n" +
        "--set d=1,2,1: 1 is there twice; leave one out",
    );
  });
});

describe("splitOutside", () => {
  for (const [text, pieces] of [
    ["a,b", ["a", "b"]],
    [" a , ,b,", ["a", "b"]],
    ["[1,[2,3]],4", ["[1,[2,3]]", "4"]],
    ["'a,b',c", ["'a,b'", "c"]],
    ["it's,that's", ["it's", "that's"]],
    ["'[',2", ["'['", "2"]],
    ["", []],
  ] as const) {
    it(`cuts ${JSON.stringify(text)}`, () => {
      expect(splitOutside(text, /,/)).to.deep.equal(pieces);
    });
  }

  it("cuts the overrides of one option", () => {
    expect(splitOverrides('a.b=1  c=[1, 2] name="my study"')).to.deep.equal([
      "a.b=1",
      "c=[1, 2]",
      'name="my study"',
    ]);
    expect(splitOverrides(undefined)).to.deep.equal([]);
  });
});
