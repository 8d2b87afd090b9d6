import { expect } from "chai";

import {
  FIGURE_FILES,
  figuresOf,
  isDrawn,
  type Drawn,
  type Missing,
} from "../../../sim/report/figures.ts";
import type { RunResult } from "../../../sim/report/results.ts";
import { resultOf } from "../../support/results.ts";
import { checkXml } from "../../support/xml.ts";

const drawn = (result: RunResult): Drawn[] => figuresOf(result).filter(isDrawn);

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

const HOUR = 3_600_000;

describe("figures", () => {
  const week = resultOf();
  const figures = drawn(week);
  const figure = (number: number): Drawn => figures.find(({ id }) => id === `fig${number}`)!;

  it("are the paper's six", () => {
    expect(figures.map(({ number }) => number)).to.deep.equal(
      [4, 5, 6, 7, 8, 9].map((number) => `Fig. ${number}`),
    );
    expect(figures.map(({ file }) => file.name)).to.deep.equal(FIGURE_FILES);
  });

  it("are XML, as files and for a page", () => {
    for (const { file, svg } of figures) {
      checkXml(file.text);
      checkXml(svg);
      expect(file.text).to.match(/^<\?xml [^>]*>\n<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(svg).not.to.contain("<style");
      expect(file.text).to.contain("prefers-color-scheme:dark");
    }
  });

  it("have a name and a description for those who cannot see them", () => {
    for (const { id, svg, title, reading } of figures) {
      expect(svg).to.contain(`role="img" aria-labelledby="${id}-title ${id}-description"`);
      expect(svg).to.contain(`<title id="${id}-title">${title}</title>`);
      expect(svg).to.contain(`<desc id="${id}-description">${reading}</desc>`);
    }
  });

  it("share no identifier, and refer to none that is not there", () => {
    const page = figures.map(({ svg }) => svg).join("");
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).to.equal(ids.length);
    const references = [...page.matchAll(/url\(#([^)]*)\)/g)].map(([, id]) => id!);
    expect(references).not.to.have.length(0);
    for (const id of references) expect(ids).to.include(id);
  });

  it("have one bar for each hour in figures 7, 8 and 9", () => {
    for (const number of [7, 8, 9]) {
      expect(count(figure(number).svg, /<rect/g), `${number}`).to.equal(168);
    }
  });

  it("have an area for each energy, told apart by texture, and lines told apart by dashes", () => {
    const areas = (svg: string): number => count(svg, /aria-label="area"/g);
    const lines = (svg: string): number => count(svg, /aria-label="line"/g);
    for (const number of [4, 5]) {
      const { svg } = figure(number);
      expect([areas(svg), lines(svg)]).to.deep.equal([2, 2]);
      expect(svg).to.contain('stroke-dasharray="5 3"').and.to.contain("-export-stripes");
    }
    const { svg } = figure(6);
    expect([areas(svg), lines(svg)]).to.deep.equal([6, 4]);
    expect(svg).to.contain("-charge-dots").and.to.contain("-import-rules");
  });

  it("name days, their year and UTC", () => {
    const { svg } = figure(4);
    for (const day of ["Mon 22 Jun 2015", "Tue 23 Jun", "Sun 28 Jun", "UTC"]) {
      expect(svg).to.contain(`>${day}<`);
    }
  });

  it("carry colours that programs without custom properties understand", () => {
    expect(figure(4).svg).to.match(
      /stroke="#[0-9a-f]{6}"[^>]*class="line-load"|class="line-load"[^>]*stroke="#[0-9a-f]{6}"/,
    );
  });

  it("show sums over all data centres", () => {
    const { table } = figure(4);
    expect(table.columns).to.deep.equal([
      "PV used directly, kWh",
      "PV exported, kWh",
      "PV output, kWh",
      "load, kWh",
    ]);
    expect(table.rows).to.have.length(168);
    const contracts = week.strategies.find(({ name }) => name === "contract-only")!;
    const noon = contracts.hourly.filter(({ hour }) => hour === 12);
    const [direct, exported, pv, load] = table.rows[12]!.values;
    expect(pv).to.be.closeTo(noon.reduce((sum, row) => sum + row.pv_wh, 0) / 1000, 1e-9);
    expect(load).to.be.closeTo(noon.reduce((sum, row) => sum + row.load_wh, 0) / 1000, 1e-9);
    expect(direct! + exported!).to.be.closeTo(pv!, 1e-9);
    expect(table.rows[12]!.at.toISOString()).to.equal("2015-06-22T12:00:00.000Z");
  });

  it("balance in figure 6", () => {
    const { columns, rows } = figure(6).table;
    const at = (name: string): number => columns.indexOf(`${name}, kWh`);
    for (const { values } of rows) {
      const value = (name: string): number => values[at(name)]!;
      const supply = value("PV used directly") + value("from the ESDs") + value("imported");
      expect(supply).to.be.closeTo(value("load"), 1e-9);
      const used = value("PV used directly") + value("into the ESDs") + value("exported");
      expect(used).to.be.closeTo(value("PV output"), 1e-9);
    }
  });

  it("show losses below zero in a texture of their own", () => {
    const worse: RunResult = {
      ...week,
      strategies: week.strategies.map((strategy) => ({
        ...strategy,
        hourly: strategy.hourly.map((row) => ({
          ...row,
          income_yuan: strategy.name === "contract-only" && row.hour < 24 ? 9 : row.income_yuan,
        })),
      })),
    };
    const svg = drawn(worse).find(({ id }) => id === "fig7")!.svg;
    expect(count(svg, /<rect/g)).to.equal(168);
    const striped = /<g [^>]*url\(#fig7-loss-stripes\)[^>]*>(?<bars>.*?)<\/g>/s.exec(
      svg.slice(svg.indexOf('aria-label="rect"')),
    );
    expect(count(striped!.groups!["bars"]!, /<rect/g)).to.equal(24);
  });

  it("are left out with a word on what to add", () => {
    const two = resultOf({ hours: 24, strategies: ["grid-only", "contract-only"] });
    const all = figuresOf(two);
    expect(all.map(isDrawn)).to.deep.equal([true, false, false, false, false, false]);
    const { missing } = all[2] as Missing;
    expect(missing).to.contain("“opportunistic+esd”").and.to.contain("scenario");
    expect((all[3] as Missing).missing).to.contain("“opportunistic+esd+transfer”");
  });

  it("ask for no more than they lack", () => {
    const some = figuresOf(resultOf({ hours: 2, strategies: ["opportunistic"] }));
    const { missing } = some.find(({ id }) => id === "fig7") as Missing;
    expect(missing).to.contain("“contract-only”").and.not.to.contain("transfer");
  });

  it("take the fullest strategy there is for figure 7", () => {
    const some = resultOf({ hours: 24, strategies: ["contract-only", "opportunistic"] });
    const seven = drawn(some).find(({ id }) => id === "fig7")!;
    expect(seven.reading).to.match(/^With opportunistic, /);
  });

  it("go by days when the run is long, and say so if the last is not whole", () => {
    const long = drawn(resultOf({ hours: 32 * 24 + 5, strategies: ["contract-only"] }))[0]!;
    expect(long.title).to.contain("per day");
    expect(long.table.rows).to.have.length(33);
    expect(long.reading).to.contain("last day has only 5 hours");
    const [first, second] = long.table.rows;
    expect(second!.at.getTime() - first!.at.getTime()).to.equal(24 * HOUR);
    const whole = drawn(resultOf({ hours: 744, strategies: ["contract-only"] }))[0]!;
    expect(whole.table.rows).to.have.length(744);
  });

  it("can be drawn for a single hour, and for nothing at all", () => {
    for (const one of drawn(resultOf({ hours: 1 }))) checkXml(one.file.text);
    const empty = { ...week, strategies: week.strategies.map((one) => ({ ...one, hourly: [] })) };
    for (const one of drawn(empty)) {
      checkXml(one.file.text);
      expect(one.file.text).not.to.contain("NaN");
    }
  });
});
