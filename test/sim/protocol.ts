import { readdir, readFile } from "node:fs/promises";

import { expect } from "chai";
import { TypedDataEncoder } from "ethers";

import * as messages from "../../sim/market/messages.ts";

const INTERFACES = new URL("../../contracts/interfaces/", import.meta.url);
const DOCUMENT = new URL("../../docs/protocol.md", import.meta.url);

describe("docs/protocol.md", () => {
  let text: string;

  before(async () => {
    text = await readFile(DOCUMENT, "utf8");
  });

  it("has every type that is signed, verbatim", () => {
    for (const types of [
      messages.ENROLMENT_TYPES,
      messages.ROTATION_TYPES,
      messages.SITE_TYPES,
      messages.READING_TYPES,
      messages.PLAN_TYPES,
      messages.COMMITMENT_TYPES,
    ]) {
      const { primaryType } = TypedDataEncoder.from(types);
      expect(text).to.contain(`\n${TypedDataEncoder.from(types).encodeType(primaryType)}\n`);
    }
    for (const name of Object.values(messages.DOMAIN_NAMES)) expect(text).to.contain(`\`${name}\``);
  });

  it("has every event and error of the interfaces, with its arguments, and no other", async () => {
    const declared: string[] = [];
    for (const file of await readdir(INTERFACES)) {
      const source = await readFile(new URL(file, INTERFACES), "utf8");
      for (const [, name, args] of source.matchAll(/^ +(?:event|error) (\w+)\(([^;]*)\);/gm)) {
        const names = args!.split(",").map((argument) => argument.trim().split(" ").at(-1));
        declared.push(`${file.slice(1, -4)} ${name}(${names.join(", ")})`);
      }
    }
    const tables = text.slice(text.indexOf("\n## Events\n"));
    const documented = [...tables.matchAll(/^\| `(\w+)` +\| `(\w+\([^)]*\))`/gm)];
    expect(documented.map(([, contract, signature]) => `${contract} ${signature}`)).to.have.members(
      declared,
    );
  });
});
