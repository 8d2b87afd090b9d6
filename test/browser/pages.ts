import { expect } from "chai";
import type { Page } from "playwright-core";

import { accessibilityProblems, eventually, settled } from "./browser.ts";
import { HOSTILE_IDS, Stage, STAGE_TIMEOUT_MS } from "./stage.ts";

/** A page, and words that its real data must put on it. */
interface Shown {
  readonly path: string;
  readonly heading: string | RegExp;
  readonly text: readonly (string | RegExp)[];
}

describe("the console in a browser", function () {
  this.timeout(STAGE_TIMEOUT_MS);
  let on: Stage;

  before(async () => {
    on = await Stage.create();
  });

  after(() => on.end());

  describe("the pages", () => {
    let shown: Shown[];

    before(async () => {
      shown = await pagesOf(on);
    });

    for (const [width, scheme] of [
      [1280, "light"],
      [360, "dark"],
    ] as const) {
      it(`show what the market has at ${width} pixels in ${scheme} mode, accessibly, and nothing is refused`, async () => {
        for (const { path, heading, text } of shown) {
          const viewport = { width, height: 800 };
          const { page, problems } = await on.visit(path, { viewport, colorScheme: scheme });
          await settled(page);
          expect(await page.locator("h1").innerText(), path).to.match(pattern(heading));
          const body = await page.locator("main").innerText();
          for (const one of text) expect(body, path).to.match(pattern(one));
          const failures = path.includes(on.failed) ? 1 : 0;
          expect(await page.locator(".problem").count(), `${path}: ${body}`).to.equal(failures);
          expect(await accessibilityProblems(page), path).to.deep.equal([]);
          expect(await untidiness(page), path).to.deep.equal([]);
          expect(problems, path).to.deep.equal([]);
          await page.context().close();
        }
      });
    }

    it("name in their clock only slots that have a page", async () => {
      const { page } = await on.visit("/");
      await settled(page);
      const { clock } = on.console.opened.status();
      expect(await page.locator(".clock").innerText()).to.contain(`slot ${clock!.slot}`);
      const links = page.locator(".clock a");
      expect(await links.count()).to.equal(1);
      await links.click();
      await page.getByRole("heading", { name: `Slot ${clock!.lastSlot}` }).waitFor();
      await settled(page);
      expect(await page.locator(".problem").count()).to.equal(0);
      await page.context().close();
    });

    it("need no style and no script but the application's own files", async () => {
      for (const path of ["/", "/participants/1", "/contracts/SlotAuction"]) {
        const { page, problems } = await on.visit("/slots");
        const response = await page.goto(`${on.url}${path}`);
        expect(response?.headers()["content-security-policy"]).not.to.contain("unsafe");
        await settled(page);
        if (path === "/") await page.locator(".marks svg").first().waitFor();
        expect(problems, path).to.deep.equal([]);
        await page.context().close();
      }
    });

    it("keep a choice of light or dark", async () => {
      const { page } = await on.visit("/", { colorScheme: "light" });
      const background = (): Promise<string> =>
        page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      const light = await background();
      await page.getByLabel("Colours").selectOption("dark");
      expect(await background()).not.to.equal(light);
      await page.reload();
      expect(await background()).not.to.equal(light);
      await page.getByLabel("Colours").selectOption("system");
      expect(await background()).to.equal(light);
      await page.context().close();
    });

    it("say so when there is nothing at an address", async () => {
      for (const [path, said] of [
        ["/nowhere", "no page at this address"],
        ["/slots/999999", "no slot 999999"],
        ["/supply/999999", "Not found"],
        ["/participants/999999", "Not found"],
        [`/transactions/0x${"0".repeat(64)}`, "Not found"],
        ["/blocks/999999", "Not found"],
        ["/transactions?error=NoSuchError", "none is as the filters say"],
      ] as const) {
        const { page } = await on.visit(path);
        await settled(page);
        expect(await page.locator("main").innerText(), path).to.contain(said);
        await page.context().close();
      }
    });

    it("show hostile participants' IDs as text", async () => {
      const participants = await on.console.all("/api/participants");
      for (const id of HOSTILE_IDS) {
        const found = participants.find((one) => one.id === id);
        expect(found, id).to.not.equal(undefined);
        for (const path of [
          `/participants/${found!.number}`,
          `/participants/${found!.number}?tab=transactions`,
          `/addresses/${found!.wallet}`,
          `/transactions/${found!.enrolled.transaction}?tab=events`,
          `/participants?search=${encodeURIComponent(id.slice(0, 12))}`,
          `/search?q=${encodeURIComponent(id)}`,
        ]) {
          const { page, problems } = await on.visit(path);
          page.on("dialog", () => problems.push("a dialog"));
          await settled(page);
          await page.locator("main bdi").first().waitFor();
          expect(await page.locator("main img, main script, main iframe").count(), path).to.equal(
            0,
          );
          expect(await page.title(), path).not.to.equal("owned");
          await eventually(`${path} names ${JSON.stringify(id)}`, async () => {
            const texts = await page.locator("bdi").allTextContents();
            return texts.some((text) => text.includes(id));
          });
          expect(problems, path).to.deep.equal([]);
          await page.context().close();
        }
      }
    });

    it("tell why a transaction failed", async () => {
      const { page } = await on.visit(`/transactions/${on.failed}`);
      await settled(page);
      const told = await page.locator(".problem").innerText();
      expect(told).to.contain("It failed: UnknownWallet");
      const list = await on.visit("/transactions?succeeded=false");
      await settled(list.page);
      expect(await list.page.locator("tbody").innerText()).to.contain("failed: UnknownWallet");
      await page.context().close();
      await list.page.context().close();
    });
  });

  describe("the search", () => {
    let page: Page;

    before(async () => {
      ({ page } = await on.visit("/"));
    });

    after(() => page.context().close());

    async function search(text: string): Promise<void> {
      await page.getByRole("searchbox", { name: "Search" }).fill(text);
      await page.keyboard.press("Enter");
    }

    it("goes to a transaction, a block and an address", async () => {
      const { transaction, block } = (await on.console.all("/api/supply"))[0]!.signed;
      await search(transaction);
      await page.waitForURL(`**/transactions/${transaction}`);
      const { hash } = await on.console.get("/api/blocks/:block", { block });
      await search(hash);
      await page.waitForURL(`**/blocks/${block}`);
      const { wallet } = (await on.console.all("/api/participants"))[0]!;
      await search(wallet.toLowerCase());
      await page.locator(`.hits a[href="/addresses/${wallet}"]`).click();
      await page.waitForURL(`**/addresses/${wallet}`);
    });

    it("finds participants by a part of their ID, and whatever has a number", async () => {
      const user = (await on.console.all("/api/participants", {}, { role: "user" }))[0]!;
      await search(user.id);
      // A single hit is gone to at once; of several, each has its link.
      await page
        .getByRole("heading", { name: user.id, exact: true })
        .or(page.locator(".hits li:nth-child(2)"))
        .waitFor();
      await search("1");
      await page.waitForURL("**/search?q=1");
      await page.locator('.hits a[href="/blocks/1"]').waitFor();
      const hits = await page.evaluate<string[]>(
        `[...document.querySelectorAll(".hits a")].map((link) => link.getAttribute("href"))`,
      );
      expect(hits).to.include.members(["/supply/1", "/participants/1", "/blocks/1"]);
    });

    it("says that nothing was found", async () => {
      await search("no such thing");
      await page.locator(".empty").waitFor();
      expect(await page.locator(".empty").innerText()).to.contain("Nothing is called so");
    });
  });

  describe("the keyboard alone", () => {
    it("leads from the overview to a page and back", async () => {
      const { page } = await on.visit("/");
      await settled(page);
      await page.keyboard.press("Tab");
      expect(await focused(page)).to.equal("Skip to the page");
      await page.keyboard.press("Enter");
      await tabTo(page, /^Energy of all data centres/);
      await page.keyboard.press("End");
      await page.keyboard.press("ArrowLeft");
      const valueText = await page.locator(".plot").first().getAttribute("aria-valuetext");
      const slot = /^slot (\d+)/.exec(valueText ?? "")?.[1];
      expect(slot, String(valueText)).to.match(/^\d+$/);
      await page.keyboard.press("Enter");
      await page.waitForURL(`**/slots/${slot}`);
      await page.goBack();
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await page.context().close();
    });

    it("reaches search, filters, tabs and forms", async () => {
      const { page } = await on.visit("/participants");
      await settled(page);
      await page.keyboard.press("/");
      expect(await focused(page)).to.equal("Search");
      await tabTo(page, "Role");
      await page.keyboard.press("ArrowDown");
      await page.waitForURL("**/participants?role=user");
      await page.goto(`${on.url}/contracts/SupplyBook`);
      await settled(page);
      await tabTo(page, /^contractOf\(/);
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      await page.keyboard.type("1");
      await page.keyboard.press("Enter");
      await page.locator(".read .values").first().waitFor();
      const answer = await page.locator(".read .values").first().innerText();
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.type("-1");
      await page.keyboard.press("Enter");
      await page.getByText("contractId is “-1”; it must be a whole number from 0 to").waitFor();
      const supply = await on.console.get("/api/supply/:contract", { contract: 1 });
      expect(answer).to.contain(String(supply.energyWh)).and.to.contain(String(supply.deadline));
      await page.context().close();
    });
  });

  describe("the lists", () => {
    it("have pages and a CSV file", async () => {
      const { page } = await on.visit("/transactions");
      await settled(page);
      const first = await page.locator("tbody tr").first().innerText();
      await page.getByRole("link", { name: "Next page" }).click();
      await page.waitForURL(/cursor=/);
      await eventually(
        "another page of the list",
        async () => (await page.locator("tbody tr").first().innerText()) !== first,
      );
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "All as CSV" }).click(),
      ]);
      expect(download.suggestedFilename()).to.match(/transactions.*\.csv$/);
      const chunks: Buffer[] = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
      const lines = Buffer.concat(chunks).toString().trim().split(/\r?\n/);
      const { index } = on.console.opened.status();
      expect(lines).to.have.length(index.transactions + 1);
      await page.context().close();
    });

    it("name once what an event and a word in it both tell", async () => {
      const { transaction } = (await on.console.all("/api/supply"))[0]!.signed;
      for (const [path, event] of [
        ["/events?contract=SupplyBook&name=Signed", "tbody .brief"],
        [`/transactions/${transaction}?tab=events`, ".decoded"],
      ] as const) {
        const { page } = await on.visit(path);
        await settled(page);
        const signed = page
          .locator(event)
          .filter({ has: page.locator("b", { hasText: /^Signed$/ }) });
        const told = await signed.first().locator(".argument > .type, .arg").allInnerTexts();
        const names = told.map((text) => text.split(" ")[0]);
        expect(names, path).to.include.members(["contractId", "buyer", "seller", "price", "bid"]);
        expect(new Set(names).size, `${path}: ${names.join(", ")}`).to.equal(names.length);
        await page.context().close();
      }
    });

    it("are narrowed by filters that the address keeps", async () => {
      const { page } = await on.visit("/transactions");
      await settled(page);
      await page.getByLabel("Function").fill("clear");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/transactions?method=clear");
      await eventually("only calls of clear", async () => {
        const rows = await page.locator("tbody tr").allInnerTexts();
        return rows.length > 0 && rows.every((row) => row.includes("clear"));
      });
      await page.reload();
      await settled(page);
      expect(await page.getByLabel("Function").inputValue()).to.equal("clear");
      await page.getByRole("link", { name: "Clear" }).click();
      await page.waitForURL(`${on.url}/transactions`);
      await page.context().close();
    });
  });
});

// ------------------------------------------------------------------ pages

const pattern = (text: string | RegExp): RegExp =>
  typeof text === "string" ? new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) : text;

/** Every page, with what its own data must show there. */
async function pagesOf(on: Stage): Promise<Shown[]> {
  const { console: api } = on;
  const slots = await api.all("/api/slots");
  const slot = slots.reduce((a, b) => (b.trades > a.trades ? b : a));
  const supply = (await api.all("/api/supply"))[0]!;
  const dataCentre = (await api.all("/api/participants", {}, { role: "dataCentre" }))[0]!;
  const meter = (await api.all("/api/participants", {}, { role: "meter" }))[0]!;
  const user = supply.buyer;
  const { signed } = supply;
  const tabs = (path: string, ...names: string[]): Shown[] =>
    names.map((name) => ({ path: `${path}?tab=${name}`, heading: /./, text: [] }));
  return [
    { path: "/", heading: "Overview", text: ["PV output", "Self-sufficiency", "Users paid"] },
    {
      path: `/?from=${slot.slot}&to=${slot.slot}`,
      heading: "Overview",
      text: [/^1 slot, /m, "From slot", "Clear"],
    },
    {
      path: "/runs",
      heading: "Runs",
      text: ["alone", "compared", "Damaged", "cut/hourly.csv has"],
    },
    {
      path: "/runs/alone",
      heading: "alone",
      text: ["nothing to compare it with", /^opportunistic, per hour$/m, "All figures"],
    },
    {
      path: "/runs/compared",
      heading: "compared",
      text: ["Strategy against strategy", "opportunistic against contract-only, per hour"],
    },
    { path: "/slots", heading: "Slots", text: ["cleared"] },
    {
      path: `/slots/${slot.slot}`,
      heading: `Slot ${slot.slot}`,
      text: ["Verify", "agrees with the chain", /candidate \d of \d/, "matched"],
    },
    ...tabs(`/slots/${slot.slot}`, "offers", "plans", "seed", "transactions"),
    { path: "/supply", heading: "Supply contracts", text: [supply.buyer.id, supply.seller.id] },
    {
      path: `/supply/${supply.contract}`,
      heading: `Contract ${supply.contract}`,
      text: ["Progress by source", "delivered", "Who executes for whom", supply.seller.id],
    },
    { path: "/transfers", heading: "Order transfers", text: [] },
    { path: "/quotes", heading: "Quotes", text: [] },
    { path: "/participants", heading: "Participants", text: [dataCentre.id] },
    {
      path: `/participants/${dataCentre.number}`,
      heading: dataCentre.id,
      text: [dataCentre.wallet, dataCentre.certificate, "Energy and money per slot", "Meter"],
    },
    ...tabs(
      `/participants/${dataCentre.number}`,
      ...["contracts", "offers", "transfers", "money", "reputation", "plans", "identity"],
      "transactions",
    ),
    { path: `/participants/${user.number}`, heading: user.id, text: ["Highest price"] },
    { path: `/participants/${meter.number}?tab=money`, heading: meter.id, text: ["No money"] },
    { path: "/transactions", heading: "Transactions", text: ["enrol", "failed: UnknownWallet"] },
    {
      path: `/transactions/${signed.transaction}`,
      heading: signed.transaction,
      text: ["SlotAuction.clear", "work", "Gas", "Fee"],
    },
    { path: `/transactions/${signed.transaction}?tab=events`, heading: /./, text: ["Signed"] },
    {
      path: `/transactions/${signed.transaction}?tab=calls`,
      heading: /./,
      text: [/internal calls?/, "SupplyBook"],
    },
    ...tabs(`/transactions/${signed.transaction}`, "raw"),
    { path: `/transactions/${on.failed}`, heading: on.failed, text: ["UnknownWallet"] },
    { path: "/blocks", heading: "Blocks", text: [] },
    {
      path: `/blocks/${signed.block}`,
      heading: `Block ${signed.block}`,
      text: ["State root", "Parent"],
    },
    ...tabs(`/blocks/${signed.block}`, "events"),
    { path: "/events?contract=SupplyBook&name=Signed", heading: "Events", text: ["Signed"] },
    { path: "/token-transfers", heading: "Settlement token", text: ["Amount"] },
    { path: "/addresses", heading: "Addresses", text: ["SlotAuction"] },
    { path: `/addresses/${dataCentre.wallet}`, heading: dataCentre.id, text: ["Balance"] },
    { path: "/contracts", heading: "The market’s contracts", text: ["SlotAuction", "Vault"] },
    { path: "/contracts/SlotAuction", heading: "SlotAuction", text: ["windowsOf", "0.8.30"] },
    ...tabs("/contracts/SlotAuction", "source", "abi", "functions", "events", "transactions"),
    ...tabs("/contracts/SlotAuction", "deployment"),
    { path: "/search", heading: "Search", text: ["Search above"] },
  ];
}

/** What is wrong with a page's looks, all that can be opened on it being open. */
async function untidiness(page: Page): Promise<string[]> {
  await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
  await settled(page);
  return page.evaluate<string[]>(`(() => {
    const width = document.documentElement.clientWidth;
    const found = (selector, wrong, what) =>
      [...document.querySelectorAll(selector)].filter(wrong).map((one) => what + ": " + one.outerHTML);
    const cutOff = (one) => {
      const { left, right } = one.getBoundingClientRect();
      return left < 0 || right > width;
    };
    const beyondItsTerm = (one) =>
      one.getBoundingClientRect().right > one.closest("dd").getBoundingClientRect().right;
    return [
      ...(document.documentElement.scrollWidth > width ? ["wider than the window"] : []),
      ...found(".ways [aria-current], .tabs [aria-current], .ask button", cutOff, "cut off"),
      ...found(".facts .badge", beyondItsTerm, "over its neighbour"),
      ...found(".facts", (one) => one.children.length === 0, "no facts"),
      ...found("th", (one) => one.textContent.trim().endsWith(","), "a head without its unit"),
    ];
  })()`);
}

// ------------------------------------------------------------------ keyboard

/** What has the focus: its label or its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(`(() => {
    const element = document.activeElement;
    const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent;
    return (label ?? element.textContent).trim();
  })()`);

/** Presses Tab until something has the focus. */
async function tabTo(page: Page, wanted: string | RegExp): Promise<void> {
  const found: string[] = [];
  for (let presses = 0; presses < 150; presses++) {
    await page.keyboard.press("Tab");
    const name = await focused(page);
    if (typeof wanted === "string" ? name.startsWith(wanted) : wanted.test(name)) return;
    found.push(name.slice(0, 30));
  }
  throw new Error(`Tab does not reach ${String(wanted)}, but ${found.join(", ")}.`);
}
