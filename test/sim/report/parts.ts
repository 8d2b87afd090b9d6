import { expect } from "chai";

import { fixed, list, percent, plural, signed } from "../../../sim/report/format.ts";
import { Markup, escape, markup } from "../../../sim/report/markup.ts";
import { perSpan, timeline } from "../../../sim/report/timeline.ts";
import { hourlyTotals } from "../../../sim/report/totals.ts";
import { resultOf } from "../../support/results.ts";
import { checkXml } from "../../support/xml.ts";

describe("numbers for people", () => {
  it("have separators, a true minus sign and no negative zero", () => {
    expect(fixed(1234567.891, 2)).to.equal("1,234,567.89");
    expect(fixed(-1234.5, 1)).to.equal("\u22121,234.5");
    expect(fixed(-0.04, 1)).to.equal("0.0");
    expect(signed(3, 1)).to.equal("+3.0");
    expect(signed(0.01, 1)).to.equal("0.0");
    expect(signed(-3)).to.equal("\u22123");
    expect(percent(0.98765)).to.equal("98.8\u00a0%");
  });

  it("agree with their nouns", () => {
    expect(plural(1, "hour")).to.equal("1 hour");
    expect(plural(2000, "hour")).to.equal("2,000 hours");
    expect(list(["a", "b", "c"])).to.equal("a, b and c");
  });
});

describe("markup", () => {
  it("escapes values, and not markup", () => {
    expect(markup`<b>${`<&"'>`}</b>`.text).to.equal("<b>&lt;&amp;&quot;&#39;&gt;</b>");
    expect(markup`${[new Markup("<i>"), "<i>", 3, undefined]}`.text).to.equal("<i>&lt;i&gt;3");
  });

  it("replaces what XML forbids", () => {
    expect(escape("a\u0000b\ud800c🌞\n")).to.equal("a\ufffdb\ufffdc🌞\n");
  });
});

describe("the check of XML", () => {
  it("finds what a browser would refuse", () => {
    checkXml('<?xml version="1.0"?>\n<a b="c &amp; d"><e/>text</a>\n');
    for (const wrong of [
      "<a>",
      "<a></b>",
      "<a b=c/>",
      '<a b="<"/>',
      "<a>&nbsp;</a>",
      "<a/><b/>",
      "<a>\u0007</a>",
      '<a b="1" b="2"/>',
      "<a><</a>",
    ]) {
      expect(() => {
        checkXml(wrong);
      }, wrong).to.throw();
    }
  });
});

describe("the time axis", () => {
  const labels = (start: string, hours: number): string[] =>
    timeline(start, hours).ticks.map(({ label }) => label);

  it("begins days at UTC's midnight, wherever the run begins", () => {
    expect(labels("2015-06-22T00:00:00Z", 72)).to.deep.equal([
      "Mon 22 Jun 2015",
      "Tue 23 Jun",
      "Wed 24 Jun",
      "",
    ]);
    expect(labels("2015-06-22T21:00:00+02:00", 24)).to.deep.equal([
      "Tue 23 Jun 2015",
      "06:00",
      "12:00",
      "",
    ]);
  });

  it("has few dates in a year", () => {
    const dates = labels("2015-01-01T00:00:00Z", 8760);
    expect(dates.length).to.be.within(4, 10);
    expect(dates[0]).to.equal("1 Jan 2015");
  });

  it("refuses a date that is none", () => {
    expect(() => timeline("yesterday", 3)).to.throw(RangeError, "yesterday");
  });

  it("sums flows and takes the last of states", () => {
    const long = timeline("2015-01-01T00:00:00Z", 32 * 24 + 2);
    const ones = new Array<number>(32 * 24 + 2).fill(1);
    expect(perSpan(long, ones).slice(-2)).to.deep.equal([24, 2]);
    const rising = ones.map((_, hour) => hour);
    expect(perSpan(long, rising, "last").slice(0, 2)).to.deep.equal([23, 47]);
    expect(perSpan(long, rising, "last").at(-1)).to.equal(32 * 24 + 1);
  });
});

describe("sums over data centres", () => {
  it("weigh flows, and are 0 where there are no rows", () => {
    const rows = resultOf({ hours: 2 }).strategies[1]!.hourly;
    const [first, second, third] = hourlyTotals(rows, 3, { pv_wh: 1, load_wh: -1 });
    const at = (hour: number): number =>
      rows.reduce((sum, row) => sum + (row.hour === hour ? row.pv_wh - row.load_wh : 0), 0);
    expect([first, second, third]).to.deep.equal([at(0), at(1), 0]);
  });
});
