import { expect } from "chai";
import { id as topicOf } from "ethers";
import type { Page, Route } from "playwright-core";

import { settled } from "./browser.ts";
import { Stage, STAGE_TIMEOUT_MS } from "./stage.ts";

interface Log {
  readonly topics: readonly string[];
  readonly data: string;
}

/** Where an event's data begins to be changed: its last digit, or that of its first word. */
type Place = "first word" | "last word";

const SIGNATURES = {
  Committed: "Committed(uint32,uint32,bytes32,uint256)",
  Revealed: "Revealed(uint32,uint32,bytes32)",
  ValueOpened: "ValueOpened(uint32,uint32,bytes32)",
  MatchingStarted: "MatchingStarted(uint32,address,bytes32,uint256,uint256)",
  Cleared: "Cleared(uint32,uint256)",
  ReputationChanged: "ReputationChanged(uint32,uint256)",
} as const;

/** Data with the last digit of a word turned into another. */
function altered(data: string, place: Place): string {
  const at = place === "first word" ? 65 : data.length - 1;
  const digit = (Number.parseInt(data.charAt(at), 16) ^ 1).toString(16);
  return data.slice(0, at) + digit + data.slice(at + 1);
}

/** Puts something between a page and what it asks. */
type Meddling = (page: Page) => Promise<unknown>;

describe("verifying a slot in the browser", function () {
  this.timeout(STAGE_TIMEOUT_MS);
  let on: Stage;
  let slot: number;

  before(async () => {
    on = await Stage.create();
    const slots = await on.console.all("/api/slots");
    ({ slot } = slots.reduce((a, b) => (b.trades > a.trades ? b : a)));
  });

  after(() => on.end());

  /** Opens a slot, verifies it, and reads what is said. */
  async function verdict(of: number, meddle: Meddling = () => Promise.resolve()): Promise<string> {
    const { page } = await on.visit(`/slots/${of}`);
    await settled(page);
    await meddle(page);
    await page.getByRole("button", { name: "Verify" }).click();
    await page.locator(".verify .badge").waitFor();
    const said = await page.locator(".verify [role=status]").innerText();
    await page.context().close();
    return said;
  }

  /** Changes what the node answers, on its way. */
  const answers =
    (change: (result: unknown, method: string) => unknown): Meddling =>
    (page) =>
      page.route("**/rpc", async (route: Route) => {
        const asked = route.request().postDataJSON() as { id: number; method: string }[];
        const response = await route.fetch();
        const answered = (await response.json()) as { id: number; result: unknown }[];
        const json = answered.map((one) => ({
          ...one,
          result: change(one.result, asked.find(({ id }) => id === one.id)!.method),
        }));
        return route.fulfill({ response, json });
      });

  /** Changes the first event of a kind that the node tells. */
  const event = (signature: string, place: Place): Meddling => {
    let done = false;
    return answers((result, method) =>
      method !== "eth_getLogs"
        ? result
        : (result as Log[]).map((log) => {
            if (done || log.topics[0] !== signature) return log;
            done = true;
            return { ...log, data: altered(log.data, place) };
          }),
    );
  };

  it("agrees with every slot of an honest chain", async () => {
    const slots = await on.console.all("/api/slots");
    for (const { slot: number, trades } of slots.filter((_, index) => index % 4 === 0))
      expect(await verdict(number), String(number))
        .to.match(/^agrees/)
        .and.to.contain(`${trades} trade`);
    expect(await verdict(slot)).to.match(/^agrees .* the seed, \d+ draws? and [1-9]\d* trades?/);
  });

  for (const [name, place, where] of [
    ["Committed", "first word", "digest of the plan"],
    ["Revealed", "first word", "salt"],
    ["ValueOpened", "first word", "beacon value"],
    ["MatchingStarted", "first word", "start of the matching, seed"],
    ["MatchingStarted", "last word", "start of the matching, offers"],
    ["Cleared", "last word", "trades"],
  ] as const) {
    it(`tells of a changed ${name} event (${place})`, async () => {
      const said = await verdict(slot, event(topicOf(SIGNATURES[name]), place));
      expect(said).to.match(/^differs What the chain says/);
      expect(said).to.contain(where).and.to.contain("Transaction");
    });
  }

  it("tells of a changed contract, whatever was changed of it", async () => {
    const { abi } = await on.console.get("/api/contracts/:name", { name: "SupplyBook" });
    const signed = (abi as { type: string; name: string; inputs: { type: string }[] }[]).find(
      (entry) => entry.type === "event" && entry.name === "Signed",
    )!;
    const topic = topicOf(`Signed(${signed.inputs.map(({ type }) => type).join(",")})`);
    for (const place of ["first word", "last word"] as const)
      expect(await verdict(slot, event(topic, place))).to.match(/^differs What the chain says/);
  });

  it("tells of changed calldata", async () => {
    const said = await verdict(
      slot,
      answers((result, method) => {
        if (method !== "eth_getTransactionByHash") return result;
        const transaction = result as { input: string };
        return { ...transaction, input: altered(transaction.input, "last word") };
      }),
    );
    expect(said)
      .to.match(/^differs What the chain says/)
      .and.to.contain("reveal");
  });

  it("tells of events that are held back", async () => {
    const said = await verdict(
      slot,
      answers((result, method) =>
        method === "eth_getLogs"
          ? (result as Log[]).filter(({ topics }) => topics[0] !== topicOf(SIGNATURES.ValueOpened))
          : result,
      ),
    );
    expect(said)
      .to.match(/^differs/)
      .and.to.contain("seed");
  });

  it("tells when the console itself shows something else than the chain", async () => {
    const said = await verdict(slot, (page) =>
      page.route(`**/api/slots/${slot}/bids*`, async (route) => {
        const response = await route.fetch();
        const json = (await response.json()) as { items: { trade: { price: number } | null }[] };
        for (const { trade } of json.items) if (trade !== null) trade.price += 1;
        return route.fulfill({ response, json });
      }),
    );
    expect(said).to.match(/^differs The chain is in order/);
    expect(said).to.contain("price");
  });

  it("says that it could not verify when the node does not answer", async () => {
    const said = await verdict(slot, (page) => page.route("**/rpc", (route) => route.abort()));
    expect(said).to.match(/^not verified/);
  });
});
