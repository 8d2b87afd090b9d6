import { expect } from "chai";

import type { Imported } from "../../../sim/traces/imported.ts";
import { UserError } from "../../../sim/errors.ts";
import { hourEnergyWh } from "../../../sim/physics/series.ts";
import { Random } from "../../../sim/random.ts";
import { readPv, type MeasuredPv } from "../../../sim/traces/pv.ts";
import { sharedData, TestFiles } from "../../support/files.ts";
import { kWhOf } from "../../support/pv.ts";
import { scenarioWith, type Changes } from "../../support/scenario.ts";
import { baseSeed } from "../../support/seed.ts";

const HOUR = 3_600_000;
const START = "2015-06-22T00:00:00Z";
/** A plant whose inverter never limits, so that numbers go through as they are. */
const UNLIMITED = { inverterW: 1_000_000 };

/** A file of rows with a step, from START unless said otherwise. */
function series(watts: readonly (number | string)[], stepMinutes = 60, from = START): string {
  const rows = watts.map((value, i) => {
    const time = new Date(Date.parse(from) + (i * stepMinutes * HOUR) / 60).toISOString();
    return `${time},${value}\n`;
  });
  return `time,pv_w\n${rows.join("")}`;
}

describe("readPv, any CSV", () => {
  const files = new TestFiles();
  async function read(
    content: string | Uint8Array,
    change: Changes = {},
  ): Promise<Imported<MeasuredPv>> {
    const path = await files.write("pv.csv", content);
    const scenario = scenarioWith({
      hours: 3,
      ...change,
      plant: { ...UNLIMITED, ...change.plant },
    });
    const imported = await readPv(path, { scenario });
    const { rows, used, dropped } = imported.report;
    expect(dropped.reduce((sum, { count }) => sum + count, used)).to.equal(rows);
    return imported;
  }

  async function refusal(content: string | Uint8Array, change?: Changes): Promise<string> {
    try {
      await read(content, change);
    } catch (error) {
      expect(error).to.be.instanceOf(UserError);
      return (error as UserError).message;
    }
    throw new Error("The file was accepted.");
  }

  const wattsOf = async (content: string | Uint8Array, change?: Changes): Promise<number[]> =>
    Array.from((await read(content, change)).data.watts);

  describe("columns", () => {
    it("takes watts as they are, and says so", async () => {
      const { data, report } = await read(series([0, 100.5, 200]));
      expect([...data.watts]).to.deep.equal([0, 100.5, 200]);
      expect(data.stepSeconds).to.equal(3600);
      expect(report.format).to.equal("CSV of times and power");
      expect(report.notes.join(" ")).to.match(/column "pv_w", in W.*set pv\.peakW/);
    });

    it("scales watts by the peak that they were measured at", async () => {
      expect(await wattsOf(series([0, 100, 200]), { pv: { peakW: 960 } })).to.deep.equal([
        0, 200, 400,
      ]);
    });

    for (const [header, value, expected] of [
      ["hour_start,pv_norm", "0.5", 960],
      ["hour_start,pv_w_per_kwp", "500", 960],
      ["hour_start,pv_w_at_1000wp", "500", 960],
      ["Timestamp,Power [kW]", "0.5", 500],
      ['"Date / Time","PV power (W)"', "500", 500],
      ["timestamp_utc,capacity_factor", "0.5", 960],
    ] as const) {
      it(`understands ${header}`, async () => {
        const rows = [0, 1, 2].map((hour) => `2015-06-22T0${hour}:00,${value}`).join("\n");
        for (const watts of await wattsOf(`${header}\n${rows}\n`)) {
          expect(watts).to.be.closeTo(expected, 1e-9);
        }
      });
    }

    it("prefers of several columns the one that says most about itself", async () => {
      const { data, report } = await read(
        "pv_w_per_kwp,temperature,pv_norm,hour_start\n" +
          [0, 1, 2].map((hour) => `111,20,0.5,2015-06-22T0${hour}:00\n`).join(""),
      );
      expect(data.watts[0]).to.equal(960);
      expect(report.notes[0]).to.equal('Power is the column "pv_norm", as a share of the peak.');
    });

    it("refuses a header without power or times, and lists what there is", async () => {
      expect(await refusal("time,temperature\n2015-06-22T00:00,20\n")).to.match(
        /pv\.csv:1: no column of power is among "time", "temperature".*Rename/,
      );
      expect(await refusal("when,pv_w\n2015-06-22T00:00,20\n")).to.include("no column of times");
    });

    it("refuses percentages under the name of shares", async () => {
      expect(await refusal("time,pv_norm\n2015-06-22T00:00,57\n")).to.match(
        /pv\.csv:2: 57 cannot be in the column "pv_norm".*100/,
      );
    });
  });

  describe("clipping", () => {
    it("limits the output to the inverter's rating, and counts", async () => {
      const { data, report } = await read(series([0, 1500, 1200]), { plant: { inverterW: 1200 } });
      expect([...data.watts]).to.deep.equal([0, 1200, 1200]);
      expect(report.notes.at(-1)).to.equal(
        "1 of 3 values were above the inverter's 1200 W and were clipped to it.",
      );
    });

    it("limits before it averages, as an inverter does", async () => {
      const watts = await wattsOf(series([2000, 0, 0, 0, 0, 0], 30), {
        plant: { inverterW: 1200 },
      });
      expect(watts[0]).to.equal(600);
    });
  });

  describe("steps", () => {
    it("averages finer steps and keeps the energy", async function () {
      this.timeout(20_000);
      const random = new Random(`${baseSeed()}/resampling`);
      for (const fileMinutes of [1, 5, 10, 15, 20, 30, 60]) {
        for (const stepMinutes of [5, 10, 15, 30, 60] as const) {
          const values = Array.from({ length: 180 / fileMinutes }, () => random.int(0, 1000));
          const { data } = await read(series(values, fileMinutes), { stepMinutes });
          expect(data.watts).to.have.length(180 / stepMinutes);
          for (let hour = 0; hour < 3; hour += 1) {
            const of = values.slice((hour * 60) / fileMinutes, ((hour + 1) * 60) / fileMinutes);
            const mean = of.reduce((a, b) => a + b, 0) / of.length;
            expect(hourEnergyWh(data, hour)).to.be.closeTo(mean, 1e-6);
          }
        }
      }
    });

    it("says when it averages, and when a value holds for several steps", async () => {
      const finer = await read(series([1, 2, 3, 4, 5, 6], 30));
      expect(finer.report.notes.at(-1)).to.match(/of 30 minutes are averaged to the run's of 60/);
      const coarser = await read(series([1, 2, 3]), { stepMinutes: 30 });
      expect([...coarser.data.watts]).to.deep.equal([1, 1, 2, 2, 3, 3]);
      expect(coarser.report.notes.at(-1)).to.match(/60 minutes are longer.*holds/);
    });

    it("refuses steps of more than an hour", async () => {
      expect(await refusal(series([1, 2, 3], 180))).to.match(/180 minutes long.*hourly or finer/);
    });

    it("takes times in the middle of their hours for the hours, and says so", async () => {
      const { data, report } = await read(series([1, 2, 3], 60, "2015-06-22T00:30:00Z"));
      expect([...data.watts]).to.deep.equal([1, 2, 3]);
      expect(report.notes.join()).to.include("Times are 30 minutes past");
    });

    it("takes a column of ends for ends", async () => {
      const text = series([1, 2, 3], 60, "2015-06-22T01:00:00Z").replace("time", "hour_end");
      const { data, report } = await read(text);
      expect([...data.watts]).to.deep.equal([1, 2, 3]);
      expect(report.notes.join()).to.include("ends of steps");
    });

    it("sorts rows", async () => {
      const [header, ...rows] = series([1, 2, 3]).trim().split("\n");
      expect(await wattsOf([header, ...rows.reverse()].join("\n"))).to.deep.equal([1, 2, 3]);
    });
  });

  describe("gaps", () => {
    const withGap = (hours: number): string =>
      series([100, ...Array<string>(hours).fill("NaN"), 100 * (hours + 2)]);

    it("interpolates up to 3 hours, and says which", async () => {
      const { data, report } = await read(withGap(3), { hours: 5 });
      expect([...data.watts]).to.deep.equal([100, 200, 300, 400, 500]);
      expect(report.notes.join()).to.include(
        "interpolated: 2015-06-22 01:00 UTC to 2015-06-22 04:00 UTC.",
      );
      expect(report.dropped).to.deep.equal([
        { reason: "the value is missing or no number", count: 3, firstLine: 3 },
      ]);
    });

    it("refuses 4 hours, and names the first", async () => {
      expect(await refusal(withGap(4), { hours: 6 })).to.match(
        /pv\.csv:2: data are missing from 2015-06-22 01:00 UTC on, after this line/,
      );
    });

    it("does not mind gaps outside the run", async () => {
      const text = `${series([1, 2, 3])}2015-06-24T00:00:00Z,5\n`;
      const { report } = await read(text);
      expect(report.notes.join()).to.not.include("interpolated");
    });

    it("refuses what is missing at the end of the run", async () => {
      expect(await refusal(series([1, 2, "x"]))).to.include("while the file covers");
    });
  });

  describe("values", () => {
    it("counts slightly negative ones as 0 and drops the others", async () => {
      const { data, report } = await read(series([-0.5, -15, 7, -9999, 9]), { hours: 5 });
      expect([...data.watts]).to.deep.equal([0, 0, 7, 8, 9]);
      expect(report.notes).to.include(
        "2 slightly negative values count as 0, the first on line 2.",
      );
      expect(report.dropped).to.deep.equal([
        { reason: "the value is negative", count: 1, firstLine: 5 },
      ]);
    });

    for (const missing of ["", "NaN", "-", "Infinity", "twelve", "1 2"]) {
      it(`drops "${missing}"`, async () => {
        const { data, report } = await read(series([1, missing, 3]));
        expect([...data.watts]).to.deep.equal([1, 2, 3]);
        expect(report.dropped[0]?.count).to.equal(1);
      });
    }

    it("drops repeated times and keeps the first", async () => {
      const text = `${series([1, 2, 3])}${START},50\n`;
      const { data, report } = await read(text);
      expect([...data.watts]).to.deep.equal([1, 2, 3]);
      expect(report.dropped).to.deep.equal([
        { reason: "the time occurred on a line before", count: 1, firstLine: 5 },
      ]);
    });

    it("says why if nothing is left", async () => {
      expect(await refusal("time,pv_w\n2015-06-22T00:00,x\n")).to.match(
        /no row can be used \(1 × the value is missing/,
      );
      expect(await refusal("time,pv_w\n")).to.include("no row can be used");
    });
  });

  describe("dialects", () => {
    it("reads semicolons, decimal commas, quotes, CRLF, a byte order mark and German dates", async () => {
      const text =
        '\uFEFF"timestamp";"power_w"\r\n' +
        '"22.06.2015 00:00";"0,0"\r\n"22.06.2015 01:00";"1.234,5"\r\n22.06.2015 02:00;12\r\n\r\n';
      const { data, report } = await read(text);
      expect([...data.watts]).to.deep.equal([0, 1234.5, 12]);
      expect(report.notes).to.include("Numbers have a decimal comma.");
      expect(report.rows).to.equal(3);
    });

    for (const [separator, first, number] of [
      [";", "0,5", "1.234"],
      [";", "0,5", "1,234.5"],
      [",", "999", '"1,234"'],
    ] as const) {
      it(`refuses ${number} after ${first} between "${separator}"`, async () => {
        const rows = [`time${separator}pv_w`, `2015-06-22 00:00${separator}${first}`];
        const text = [...rows, `2015-06-22 01:00${separator}${number}`].join("\n");
        expect(await refusal(text)).to.match(/pv\.csv:3: "1[.,]234.*" could be read in two ways/);
      });
    }

    it("reads tabs, comments and lines ended as on old Macs", async () => {
      const text = `# by hand\r${series([1, 2, 3]).replaceAll(",", "\t").replaceAll("\n", "\r")}`;
      expect(await wattsOf(text)).to.deep.equal([1, 2, 3]);
    });

    it("reads UTF-16 and Windows-1252", async () => {
      const text = series([1, 2, 3]);
      const utf16 = Buffer.from(`\uFEFF${text}`, "utf16le");
      expect(await wattsOf(utf16)).to.deep.equal([1, 2, 3]);
      const windows = Buffer.from(text.replace("\n", ",angle °\n"), "latin1");
      expect(await wattsOf(windows)).to.deep.equal([1, 2, 3]);
    });

    it("names the file's line also below comments and empty lines", async () => {
      const rows = ["00:00Z,1", "01:00Z,2", "02:00Z,-500", "03:00Z,4"];
      const text = `# one\n\ntime,pv_w\n\n${rows.map((row) => `2015-06-22T${row}\n`).join("")}`;
      const { data, report } = await read(text);
      expect([...data.watts]).to.deep.equal([1, 2, 3]);
      expect(report.dropped[0]).to.include({ reason: "the value is negative", firstLine: 7 });
    });

    it("refuses an empty file, a binary file, an open quote and no file at all", async () => {
      expect(await refusal("")).to.include("empty");
      expect(await refusal(" \n\n")).to.include("empty");
      expect(await refusal(Uint8Array.of(0x89, 0x50, 3, 4, 0, 0, 200, 1))).to.include(
        "not a text file",
      );
      expect(await refusal('time,pv_w\n2015-06-22T00:00,"1\n')).to.match(/not CSV.*quote/i);
      expect(await refusal("# nothing\n")).to.include("only comments");
      const scenario = scenarioWith();
      for (const path of ["/no/such/file.csv", "."]) {
        const error = await readPv(path, { scenario }).catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(UserError);
      }
    });
  });

  describe("times", () => {
    const local = (rows: readonly string[]): string =>
      `time,pv_w\n${rows.map((row, i) => `${row},${i + 1}\n`).join("")}`;

    it("are UTC without a zone, with a note", async () => {
      const { data, report } = await read(
        local(["2015-06-22T00:00", "2015-06-22 01:00", "2015-06-22T02:00:00.000"]),
      );
      expect([...data.watts]).to.deep.equal([1, 2, 3]);
      expect(report.notes.join()).to.include("no zone and are taken as UTC");
    });

    it("have the zone that is written behind them, whatever pv.timeZone says", async () => {
      const { data, report } = await read(
        local(["2015-06-22T02:00+02:00", "2015-06-22T03:00+0200", "2015-06-22T04:00+02"]),
        { pv: { timeZone: "America/New_York" } },
      );
      expect([...data.watts]).to.deep.equal([1, 2, 3]);
      expect(report.notes.join()).to.include("pv.timeZone is not used");
    });

    it("may not be mixed", async () => {
      expect(await refusal(local(["2015-06-22T00:00Z", "2015-06-22T01:00"]))).to.match(
        /pv\.csv:3: this time has no zone, while that of line 2 has one/,
      );
    });

    it("are local in pv.timeZone", async () => {
      const rows = ["2015-06-22T02:00", "2015-06-22T03:00", "2015-06-22T04:00"];
      const change = { pv: { timeZone: "Europe/Amsterdam" } };
      expect(await wattsOf(local(rows), change)).to.deep.equal([1, 2, 3]);
    });

    it("may be half an hour off", async () => {
      const rows = ["05:00", "06:00", "07:00", "08:00"].map((time) => `2015-06-22T${time}`);
      const change = { pv: { timeZone: "Asia/Kolkata" } };
      expect(await wattsOf(local(rows), change)).to.deep.equal([1.5, 2.5, 3.5]);
    });

    it("skip an hour in spring", async () => {
      const rows = ["01:00", "03:00", "04:00"].map((time) => `2015-03-29T${time}`);
      const { data, report } = await read(local(rows), {
        start: "2015-03-29T00:00:00Z",
        pv: { timeZone: "Europe/Amsterdam" },
      });
      expect([...data.watts]).to.deep.equal([1, 2, 3]);
      expect(report.notes.join()).to.not.include("interpolated");
    });

    it("may not be in the hour that spring skips", async () => {
      const rows = ["01:00", "02:00", "03:00"].map((time) => `2015-03-29T${time}`);
      expect(await refusal(local(rows), { pv: { timeZone: "Europe/Amsterdam" } })).to.match(
        /pv\.csv:3: 2015-03-29 02:00 does not exist in Europe\/Amsterdam.*Etc\/GMT-1/,
      );
    });

    for (const order of ["oldest", "newest"]) {
      it(`go back an hour in autumn, ${order} first`, async () => {
        const times = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"];
        const rows = times.map((time, i) => `2015-10-25T${time},${i + 1}\n`);
        if (order === "newest") rows.reverse();
        const { data, report } = await read(`time,pv_w\n${rows.join("")}`, {
          start: "2015-10-25T00:00:00Z",
          hours: 2,
          stepMinutes: 30,
          pv: { timeZone: "Europe/Amsterdam" },
        });
        expect([...data.watts]).to.deep.equal([2, 3, 4, 5]);
        expect(report.notes.join()).to.include("2 local times happened twice");
      });
    }

    it("may not be there once where they happened twice", async () => {
      const rows = ["01:00", "02:00", "03:00"].map((time) => `2015-10-25T${time}`);
      expect(await refusal(local(rows), { pv: { timeZone: "Europe/Amsterdam" } })).to.match(
        /pv\.csv:3: 2015-10-25 02:00 happened twice.*once/,
      );
    });

    it("need a zone that there is", async () => {
      expect(
        await refusal(series([1]).replace("Z", ""), { pv: { timeZone: "Mars/Base" } }),
      ).to.match(/no time zone "Mars\/Base"/);
    });

    for (const time of [
      "06/22/2015 01:00",
      "2015-06-22",
      "2015-06-31T00:00",
      "2015-06-22T25:00",
      "noon",
    ]) {
      it(`refuse ${time}`, async () => {
        expect(await refusal(local([time]))).to.match(/pv\.csv:2: .*without doubt/);
      });
    }

    it("that cannot be read further below are dropped", async () => {
      const { report } = await read(`${series([1, 2, 3])}Total,6\n`);
      expect(report.dropped).to.deep.equal([
        { reason: "the time cannot be read", count: 1, firstLine: 5 },
      ]);
    });
  });

  describe("the run's time", () => {
    it("is cut out of the file", async () => {
      const text = series([9, 9, 1, 2, 3, 9], 60, "2015-06-21T22:00:00Z");
      const { data, report } = await read(text);
      expect([...data.watts]).to.deep.equal([1, 2, 3]);
      expect(report).to.deep.include({ rows: 6, used: 3 });
      expect(report.dropped).to.deep.equal([
        { reason: "outside the run's time", count: 3, firstLine: 2 },
      ]);
    });

    it("is taken from another year by pv.year", async () => {
      const text = series([1, 2, 3], 60, "2013-06-22T00:00:00Z");
      expect(await wattsOf(text, { pv: { year: 2013 } })).to.deep.equal([1, 2, 3]);
    });

    it("goes over New Year there, too", async () => {
      const text = series([1, 2, 3, 4], 60, "2013-12-31T22:00:00Z");
      const change = { start: "2015-12-31T22:00:00Z", hours: 4, pv: { year: 2013 } };
      expect(await wattsOf(text, change)).to.deep.equal([1, 2, 3, 4]);
    });

    it("has the 28th for a 29 February that is not in the file's year", async () => {
      const hours = Array.from({ length: 72 }, (_, i) => i);
      const text = series(hours, 60, "2015-02-27T00:00:00Z");
      const { data, report } = await read(text, {
        start: "2016-02-28T00:00:00Z",
        hours: 72,
        pv: { year: 2015 },
      });
      const day = (from: number): number[] => hours.slice(from, from + 24);
      expect([...data.watts]).to.deep.equal([...day(24), ...day(24), ...day(48)]);
      expect(report.notes.join()).to.include("2015 has no 29 February");
    });

    it("leaves out a 29 February that is only in the file", async () => {
      const hours = Array.from({ length: 72 }, (_, i) => i);
      const text = series(hours, 60, "2016-02-28T00:00:00Z");
      const change = { start: "2015-02-28T00:00:00Z", hours: 48, pv: { year: 2016 } };
      expect((await wattsOf(text, change)).slice(24)).to.deep.equal(hours.slice(48));
    });

    it("is missed with a hint at the year that has it", async () => {
      const text = series([1, 2, 3], 60, "2013-06-22T00:00:00Z");
      expect(await refusal(text)).to.match(
        /the run takes 2015-06-22 00:00 UTC to 2015-06-22 03:00 UTC, while the file covers 2013-06-22 00:00 UTC to 2013-06-22 03:00 UTC\. Set pv\.year to 2013/,
      );
    });

    it("is missed with a hint at the start if no year has it", async () => {
      const text = series([1, 2, 3], 60, "2015-08-01T00:00:00Z");
      expect(await refusal(text)).to.include("Set start to 2015-08-01T00:00:00Z or later");
    });
  });

  it("gives a possible series or says what is wrong, whatever is in the file", async function () {
    this.timeout(60_000);
    const random = new Random(`${baseSeed()}/files`);
    const texts = [
      series([1, 2, 3, 4], 60),
      series([0.5, 2000, 3, 4, 5, 6, 7, 8], 30).replaceAll(",", ";"),
      "Year,Month,Day,Hour,GHI\n2015,6,22,0,1\n2015,6,22,1,2\n2015,6,22,2,900\n",
      "a,Time Zone\n1,0\nYear,Month,Day,Hour,GHI\n2015,6,22,0,1\n2015,6,22,1,2\n2015,6,22,2,900\n",
      "\ntime,P,G(i)\n20150622:0010,1,1\n20150622:0110,1,1\n20150622:0210,1,1\n\n",
      '{"outputs":{"hourly":[{"time":"20150622:0010","P":1},{"time":"20150622:0110","P":2},{"time":"20150622:0210","P":3}]}}',
    ];
    let accepted = 0;
    for (let i = 0; i < 300; i += 1) {
      let text = random.pick(texts);
      for (let edits = random.int(0, 3); edits > 0; edits -= 1) {
        const at = random.int(0, text.length);
        const put = random.pick(["", ",", ";", '"', "-", "9", "NaN", "\n", "T", "é", ".", "e5"]);
        text = text.slice(0, at) + put + text.slice(at + random.int(0, 2));
      }
      const change = { hours: 2, pv: random.chance(0.5) ? {} : { timeZone: "Europe/Amsterdam" } };
      try {
        const { data } = await read(text, { ...change, plant: { inverterW: 1200 } });
        accepted += 1;
        expect(data.watts).to.have.length(2);
        for (const watts of data.watts) expect(watts).to.be.within(0, 1200);
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`Of ${text}`, { cause: error });
      }
    }
    expect(accepted).to.be.above(50);
  });

  it("refuses a weather file of EnergyPlus", async () => {
    expect(await refusal("LOCATION,Nantes,-,FRA\n")).to.include("PVGIS");
  });

  describe("measured in Utrecht", () => {
    it("gives in the paper's week what its plant would have given behind the inverter", async function () {
      const whole = sharedData(this, "pv_utrecht_2015_hourly.csv");
      const week = sharedData(this, "pv_utrecht_2015w26_hourly.csv");
      const scenario = scenarioWith();
      const [a, b] = await Promise.all([whole, week].map((path) => readPv(path, { scenario })));
      expect(kWhOf(a!.data)).to.be.closeTo(50.3716, 1e-3);
      expect(b!.data.watts).to.deep.equal(a!.data.watts);
      expect(a!.report).to.deep.include({ rows: 8760, used: 168 });
      expect(a!.report.notes.at(-1)).to.match(/^9 of 168 values were above/);
    });

    it("is no local time, which is noticed", async function () {
      const path = sharedData(this, "pv_utrecht_2015_hourly.csv");
      const scenario = scenarioWith({ pv: { timeZone: "Europe/Amsterdam" } });
      const error = await readPv(path, { scenario }).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(UserError);
      expect(String(error)).to.match(/2015-03-29 02:00 does not exist/);
    });
  });
});
