import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { scenarioReference } from "../../../scripts/scenario-reference.ts";
import { unitOf, withFieldTables } from "../../../sim/scenario/reference.ts";

describe("The scenario's reference", () => {
  it("is the schema's; if not, run `npm run schema`", async () => {
    for (const [path, text] of await scenarioReference()) {
      const published = await readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
      expect(published === text, `${path} differs from the schema; run npm run schema`).to.be.true;
    }
  });

  it("needs only the name in a file", async () => {
    const text = (await scenarioReference()).get("docs/scenario.schema.json") ?? "";
    const schema = JSON.parse(text) as { required: string[]; properties: Record<string, object> };
    expect(schema.required).to.deep.equal(["name"]);
    expect(schema.properties["battery"]).not.to.have.property("required");
  });

  it("knows the units from the names", () => {
    expect(["capacityWh", "panelW", "hours", "k", "feedInYuanPerKWh"].map(unitOf)).to.deep.equal([
      "Wh",
      "W",
      "h",
      "",
      "yuan/kWh",
    ]);
  });

  it("says if a document has no place for the tables", () => {
    expect(() => withFieldTables("# Scenarios")).to.throw("There is no part from");
  });
});
