import { expect } from "chai";
import { parseHTML } from "linkedom";
import { parse } from "yaml";

import { renderReport } from "../../../sim/report/html.ts";
import { METRICS } from "../../../sim/report/metrics.ts";
import type { RunResult } from "../../../sim/report/results.ts";
import { resultOf, strategyOf } from "../../support/results.ts";

/** The part of an element that these tests look at. */
interface Element {
  readonly textContent: string;
  readonly localName: string;
  readonly innerHTML: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

const pageOf = (text: string): Element =>
  (parseHTML(text) as unknown as { document: { documentElement: Element } }).document
    .documentElement;

const all = (page: Element, selector: string): Element[] => [...page.querySelectorAll(selector)];

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(2)'>\u0007`;

describe("report.html", () => {
  const week = resultOf();
  const text = renderReport(week);
  const page = pageOf(text);

  it("is the same for the same run", () => {
    expect(renderReport(resultOf())).to.equal(text);
  });

  it("fetches nothing and runs nothing", () => {
    expect(text).to.contain(
      `content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"`,
    );
    const addresses = text
      .replaceAll('xmlns="http://www.w3.org/2000/svg"', "")
      .match(/https?:\/\/|\/\/[a-z]|@import|<script|<iframe|\son[a-z]+=|javascript:/gi);
    expect(addresses).to.equal(null);
    for (const link of all(page, "[src], link[href]")) {
      expect(link.getAttribute("src") ?? link.getAttribute("href")).to.match(/^data:/);
    }
  });

  it("begins with the scenario, its seed and its hours", () => {
    const header = all(page, "header")[0]!.textContent;
    for (const part of ["sunny week", "22 June 2015", "168", "Seed"]) {
      expect(header).to.contain(part);
    }
  });

  it("says in words what the numbers say", () => {
    const summary = all(page, "section")[0]!.textContent;
    expect(summary).to.contain("30 data centres in 10 microgrids with 150 servers");
    expect(summary).to.contain("80.8\u00a0% (contract-only)");
    expect(summary).to.contain("Of the 9 claims of the paper");
  });

  it("compares all figures of all strategies, the paper's beside them", () => {
    const table = all(page, "table.comparison")[0]!;
    const metrics = METRICS.flatMap((group) => group.metrics);
    expect(metrics.map(({ key }) => key).sort()).to.deep.equal(
      Object.keys(week.strategies[0]!.summary).sort(),
    );
    const rows = all(table, "tbody tr:not(.group)");
    expect(rows.length).to.equal(metrics.length + 1);
    for (const row of rows) expect(all(row, "th, td").length).to.equal(5 + 3);
    expect(table.textContent).to.contain("8,863.51").and.to.contain("59.23");
    expect(text).to.contain("cannot be reached at the sizes and prices");
  });

  it("has every figure with a sentence, and its data as a table", () => {
    expect(all(page, "figure svg.fig").length).to.equal(6);
    expect(all(page, "figcaption").length).to.equal(6);
    for (const data of all(page, "details.data")) {
      expect(all(data, "tbody tr").length).to.equal(168);
    }
  });

  it("has headings in order, landmarks, a skip link and names for what scrolls", () => {
    const levels = all(page, "h1, h2, h3").map(({ localName }) => Number(localName[1]));
    expect(levels[0]).to.equal(1);
    expect(levels.filter((level) => level === 1)).to.have.length(1);
    levels.reduce((before, level) => {
      expect(level).to.be.at.most(before + 1);
      return level;
    });
    for (const landmark of ["header", "main", "footer", "nav"]) {
      expect(all(page, landmark).length, landmark).to.equal(1);
    }
    expect(all(page, "a.skip")[0]!.getAttribute("href")).to.equal("#main");
    for (const box of all(page, ".scroll")) {
      expect(box.getAttribute("tabindex")).to.equal("0");
      expect(box.getAttribute("aria-label")).not.to.equal("");
    }
    const ids = all(page, "[id]").map((element) => element.getAttribute("id"));
    expect(new Set(ids).size).to.equal(ids.length);
    for (const link of all(page, 'a[href^="#"]')) {
      expect(ids).to.include(link.getAttribute("href")!.slice(1));
    }
  });

  it("lists the claims, the imports and the files", () => {
    expect(all(page, "table.claims tbody tr").length).to.equal(9);
    expect(page.textContent).to.contain("2 rows left out: power is missing; the first in line 14");
    expect(page.textContent).to.contain("Times without a zone were read as UTC.");
    const files = all(page, "#files ~ ul a, section ul a").map((one) => one.getAttribute("href"));
    expect(files).to.include.members(["summary.json", "hourly.csv", "trades.csv", "transfers.csv"]);
    expect(files.filter((name) => name?.startsWith("figures/") === true)).to.have.length(6);
    expect(renderReport({ ...week, imports: [] })).to.contain("generated from the seed");
  });

  it("holds the scenario as YAML that says the same", () => {
    const code = all(page, "pre code")[0]!.textContent;
    expect(parse(code)).to.deep.equal(week.scenario);
  });

  it("escapes everything that comes from data", () => {
    const sites = [{ name: HOSTILE.slice(0, 40), latitude: 1, longitude: 1 }];
    const microgrids = { count: 1, dataCentres: 2, sites };
    const plain = resultOf({ hours: 24, microgrids });
    const hostile: RunResult = {
      ...plain,
      scenario: { ...plain.scenario, name: HOSTILE },
      strategies: [...plain.strategies, strategyOf(plain.scenario, HOSTILE)],
      imports: [
        {
          file: HOSTILE,
          format: HOSTILE,
          rows: 1,
          used: 0,
          dropped: [{ reason: HOSTILE, count: 1, firstLine: 1 }],
          notes: [HOSTILE],
        },
      ],
    };
    const report = renderReport(hostile);
    expect(report).not.to.contain("<script").and.not.to.contain("<img");
    expect(report).not.to.contain("\u0007");
    expect(all(pageOf(report), "script, img, [onerror]").length).to.equal(0);
    expect(pageOf(report).textContent).to.contain("alert(2)");
  });

  it("can be written for a run of one strategy", () => {
    const few = pageOf(renderReport(resultOf({ hours: 5, strategies: ["grid-only"] })));
    expect(all(few, "figure").length).to.equal(0);
    expect(all(few, ".left-out").length).to.equal(6);
    expect(few.textContent).to.contain("under one strategy");
  });
});
