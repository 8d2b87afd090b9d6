import { appendFile, readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";

import { callDigest, Journal } from "../../../sim/market/journal.ts";
import { TestFiles } from "../../support/files.ts";

const WALLET = `0x${"11".repeat(20)}`;
const OTHER = `0x${"22".repeat(20)}`;
const MARKET = `0x${"33".repeat(20)}`;
const PARTY = "Łódź/1";

const hashOf = (n: number): string => callDigest(MARKET, `0x${n.toString(16)}`);
const sending = (nonce: number, call: string, from = WALLET) => ({
  ...{ from, nonce, call },
  hash: hashOf(1000 + nonce),
});

describe("Journal", () => {
  const files = new TestFiles();
  const open = async (): Promise<Journal> => {
    const journal = await Journal.open(files.path("journal"));
    journal.register(OTHER, "user-1");
    return journal;
  };

  it("knows nothing at first", async () => {
    const journal = await open();
    expect(journal.register(WALLET, PARTY)).to.equal(undefined);
    expect(journal.sentBefore(WALLET, 0, hashOf(1))).to.equal(undefined);
    expect(journal.answerTo(hashOf(1))).to.equal(undefined);
  });

  it("gives what was sent, by wallet and nonce, to the process that comes after", async () => {
    const before = await open();
    before.register(WALLET, PARTY);
    before.note([sending(7, hashOf(1)), sending(0, hashOf(2), OTHER), sending(8, hashOf(3))]);
    before.note([sending(9, hashOf(1))]);
    const journal = await open();
    expect(journal.register(WALLET, PARTY)).to.equal(7);
    expect(journal.sentBefore(WALLET, 8, hashOf(3))?.hash).to.equal(hashOf(1008));
    expect(journal.sentBefore(WALLET, 9, hashOf(1))?.hash).to.equal(hashOf(1009));
    expect(journal.sentBefore(OTHER, 0, hashOf(2))?.hash).to.equal(hashOf(1000));
    expect(journal.sentBefore(WALLET, 10, hashOf(1))).to.equal(undefined);
  });

  it("keeps why a transaction was refused", async () => {
    const before = await open();
    before.register(WALLET, PARTY);
    before.note([sending(0, hashOf(1)), sending(1, hashOf(2))]);
    before.noteRefusal(WALLET, { nonce: 0, reverted: "0x12345678" });
    before.note([sending(2, hashOf(3))]);
    const journal = await open();
    expect(journal.register(WALLET, PARTY)).to.equal(0);
    expect(journal.refusalOf(WALLET, 0)).to.equal("0x12345678");
    expect(journal.refusalOf(WALLET, 1)).to.equal(undefined);
    expect(journal.sentBefore(WALLET, 2, hashOf(3))?.hash).to.equal(hashOf(1002));
  });

  it("refuses to send something else with a nonce that was used", async () => {
    const before = await open();
    before.register(WALLET, PARTY);
    before.note([sending(7, hashOf(1))]);
    const journal = await open();
    journal.register(WALLET, PARTY);
    expect(() => journal.sentBefore(WALLET, 7, hashOf(2))).to.throw(
      "transaction 7 is another than the one that would be sent now",
    );
  });

  it("gives the answers to the same question in their order, each once", async () => {
    const before = await open();
    const question = hashOf(5);
    before.noteAnswers([
      { call: question, ok: true, data: "0x01" },
      { call: hashOf(6), ok: false, data: "0x02" },
    ]);
    before.noteAnswers([{ call: question, ok: true, data: "0x03" }]);
    const journal = await open();
    expect(journal.answerTo(question)).to.include({ ok: true, data: "0x01" });
    expect(journal.answerTo(hashOf(6))).to.include({ ok: false, data: "0x02" });
    expect(journal.answerTo(question)).to.include({ data: "0x03" });
    expect(journal.answerTo(question)).to.equal(undefined);
  });

  it("cuts off a line that was not written to its end, and goes on after it", async () => {
    const before = await open();
    before.register(WALLET, PARTY);
    before.note([sending(0, hashOf(1))]);
    const path = files.path(`journal/${encodeURIComponent(PARTY)}.jsonl`);
    const whole = await readFile(path, "utf8");
    await appendFile(path, '{"nonce":1,"call":"0x');
    const journal = await open();
    journal.register(WALLET, PARTY);
    expect(journal.sentBefore(WALLET, 1, hashOf(2))).to.equal(undefined);
    journal.note([sending(1, hashOf(2))]);
    const lines = (await readFile(path, "utf8")).split("\n");
    expect(`${lines[0]!}\n`).to.equal(whole);
    expect(JSON.parse(lines[1]!)).to.include({ nonce: 1, call: hashOf(2) });
    expect(lines).to.have.length(3);
  });

  it("says which line is damaged", async () => {
    const before = await open();
    before.note([sending(0, hashOf(1), OTHER)]);
    const path = files.path("journal/user-1.jsonl");
    await writeFile(path, `${await readFile(path, "utf8")}no JSON\n`);
    let message = "";
    await open().catch((error: unknown) => (message = (error as Error).message));
    expect(message).to.contain("user-1.jsonl:2: the journal is damaged");
  });
});
