import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { modelledSeries } from "../../../sim/physics/modelled.ts";
import {
  clearSkyWm2,
  decompose,
  extraterrestrialWm2,
  sunAngles,
} from "../../../sim/physics/sun.ts";
import { readPv, type MeasuredPv } from "../../../sim/traces/pv.ts";
import type { Imported } from "../../../sim/traces/imported.ts";
import { sharedData, TestFiles } from "../../support/files.ts";
import { kWhOf } from "../../support/pv.ts";
import { scenarioWith, type Changes } from "../../support/scenario.ts";

const HOUR = 3_600_000;
const PLACE = { latitude: 47.218, longitude: -1.554 };
const META = `Source,Location ID,Latitude,Longitude,Time Zone,Elevation,Local Time Zone
NSRDB,1,47.218,-1.554,-7,20,1
`;

/** Watts of the plant for an irradiance on its plane. */
const watts = (irradiance: number): number => irradiance * 1.92 * 0.9 * 0.92;

/** A day of clear sky in the clock of UTC−7, whose values are of the instant. */
function clearDay(minutes: number): string {
  const rows = Array.from({ length: (24 * 60) / minutes }, (_, i) => {
    const wall = Date.parse("2015-06-21T17:00:00Z") + i * minutes * 60_000;
    const date = new Date(wall);
    const time = wall + 7 * HOUR;
    const { cosZenith } = sunAngles(time, PLACE, { tiltDegrees: 0, azimuthDegrees: 0, albedo: 0 });
    const { global, diffuse } = decompose(
      clearSkyWm2(cosZenith),
      cosZenith,
      extraterrestrialWm2(time),
    );
    const direct = cosZenith > 0 ? (global - diffuse) / cosZenith : 0;
    const of = [2015, 6, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes()];
    return [...of, global, direct, diffuse].join(",");
  });
  return `${META}Year,Month,Day,Hour,Minute,GHI,DNI,DHI\n${rows.join("\n")}\n`;
}

describe("readPv, NSRDB in the SAM format", () => {
  const files = new TestFiles();
  async function read(content: string, change: Changes = {}): Promise<Imported<MeasuredPv>> {
    const scenario = scenarioWith({
      start: "2015-06-22T11:00:00Z",
      hours: 2,
      ...change,
      // Flat panels, so that the global irradiance is all that counts.
      plant: { tiltDegrees: 0, inverterW: 10_000, ...change.plant },
    });
    return readPv(await files.write("sam.csv", content), { scenario });
  }

  async function refusal(content: string): Promise<string> {
    const error = await read(content).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  }

  it("goes through the plant, in the file's own clock", async () => {
    const { data, report } = await read(
      `${META}Year,Month,Day,Hour,Minute,DNI,Clearsky GHI,DHI,GHI\n` +
        "2015,6,22,4,0,0,999,500,500\n2015,6,22,5,0,0,999,250,250\n",
    );
    expect(data.watts[0]).to.be.closeTo(watts(500), 1e-9);
    expect(data.watts[1]).to.be.closeTo(watts(250), 1e-9);
    expect(data.place).to.deep.equal(PLACE);
    expect(report).to.deep.include({ format: "NSRDB/SAM CSV", rows: 2, used: 2, dropped: [] });
    expect(report.notes.join()).to.include("irradiance GHI, DNI, DHI");
    expect(report.notes.join()).to.include("UTC-7");
  });

  it("gives under a clear sky what the model gives", async () => {
    const scenario = {
      start: "2015-06-22T00:00:00Z",
      hours: 24,
      pv: { clearness: 1, clearnessSpread: 0 },
      plant: { tiltDegrees: 30, inverterW: 1200 },
    };
    const modelled = kWhOf(modelledSeries(scenarioWith(scenario), 0));
    for (const minutes of [5, 15, 30]) {
      const { data } = await read(clearDay(minutes), scenario);
      expect(kWhOf(data)).to.be.closeTo(modelled, 0.02);
    }
  });

  for (const columns of ["GHI", "GHI,DNI", "GHI,DHI", "DNI,DHI", "ghi,Beam,Diffuse"]) {
    it(`finds the rest from ${columns}`, async () => {
      const [head, ...rows] = clearDay(30).trim().split("\n").slice(2);
      const names = ["GHI", "DNI", "DHI"];
      const wanted = columns
        .replace("ghi,Beam,Diffuse", "GHI,DNI,DHI")
        .split(",")
        .map((name) => names.indexOf(name) + 5);
      const cut = rows.map((row) => {
        const fields = row.split(",");
        return [...fields.slice(0, 5), ...wanted.map((i) => fields[i])].join(",");
      });
      const text = `${META}Year,Month,Day,Hour,Minute,${columns}\n${cut.join("\n")}\n`;
      const change = { plant: { tiltDegrees: 40 } };
      const whole = await read(`${META}${[head, ...rows].join("\n")}\n`, change);
      const part = await read(text, change);
      for (const [i, expected] of whole.data.watts.entries()) {
        expect(part.data.watts[i]).to.be.closeTo(expected, 1e-6);
      }
    });
  }

  it("takes half past for the whole hour", async () => {
    const { data } = await read(
      `${META}Year,Month,Day,Hour,Minute,GHI\n2015,6,22,4,30,500\n2015,6,22,5,30,250\n`,
    );
    expect(data.watts[0]).to.be.closeTo(watts(500), 1e-9);
  });

  it("does without minutes", async () => {
    const { data } = await read(`${META}Year,Month,Day,Hour,GHI\n2015,6,22,4,500\n2015,6,22,5,0\n`);
    expect(data.watts[0]).to.be.closeTo(watts(500), 1e-9);
  });

  it("drops a row once, whatever is missing in it", async () => {
    const { data, report } = await read(
      `${META}Year,Month,Day,Hour,Minute,GHI,DNI,DHI\n` +
        "2015,6,22,4,0,500,0,500\n2015,6,22,4,30,,,\n2015,6,22,5,0,-4,0,0\n2015,6,22,5,30,0,-999,0\n2015,6,31,6,0,1,1,1\n2015,6,22,6,0,0,0,0\n",
    );
    expect(data.watts).to.have.length(2);
    expect(report.dropped).to.deep.equal([
      { reason: "the value is missing or no number", count: 1, firstLine: 5 },
      { reason: "the value is negative", count: 1, firstLine: 7 },
      { reason: "the time cannot be read", count: 1, firstLine: 8 },
      { reason: "outside the run's time", count: 1, firstLine: 9 },
    ]);
    expect(report.notes.join()).to.include("slightly negative");
  });

  it("uses the scenario's site if the file has none", async () => {
    const meta = "Source,Time Zone\nme,-7\n";
    const { data, report } = await read(
      `${meta}Year,Month,Day,Hour,Minute,GHI\n2015,6,22,4,0,500\n2015,6,22,5,0,0\n`,
    );
    expect(data.place).to.deep.equal(scenarioWith().microgrids.sites[0]);
    expect(report.notes.join()).to.include("scenario's first site");
  });

  it("refuses typical years, and says what to download", async () => {
    const head = `${META}Year,Month,Day,Hour,Minute,GHI\n`;
    for (const next of ["2003,2,1,0,0,0", "2011,2,1,0,0,0"]) {
      expect(await refusal(`${head}2007,1,31,23,0,0\n${next}\n`)).to.match(
        /sam\.csv:5: .*TMY.*single year/,
      );
    }
  });

  it("goes over New Year", async () => {
    const text = `${META}Year,Month,Day,Hour,Minute,GHI\n2014,12,31,23,0,0\n2015,1,1,0,0,0\n`;
    const { data } = await read(text, { start: "2015-01-01T06:00:00Z" });
    expect([...data.watts]).to.deep.equal([0, 0]);
  });

  it("refuses a file without its clock or without irradiance", async () => {
    const rows = "Year,Month,Day,Hour,Minute,GHI\n2015,6,22,4,0,500\n";
    expect(await refusal(rows)).to.match(/sam\.csv:1: there is no "Time Zone"/);
    expect(await refusal(META + rows.replace("GHI", "Clearsky GHI"))).to.match(
      /sam\.csv:3: there is no irradiance/,
    );
  });

  it("reads a week of NSRDB itself", async function () {
    const path = sharedData(this, "formats/nsrdb_psm4_samcsv_2023-06-22_28.csv");
    const scenario = scenarioWith({ start: "2023-06-22T07:00:00Z" });
    const { data, report } = await readPv(path, { scenario });
    expect(data.place).to.deep.equal({ latitude: 40.53, longitude: -108.54 });
    expect(report).to.deep.include({ rows: 336, used: 336, dropped: [] });
    expect(kWhOf(data)).to.be.within(75, 90);
    // Dark from 20:30 to 4:30 in its own clock.
    for (const hour of [21, 22, 23, 24, 25, 26, 27]) expect(data.watts[hour]).to.equal(0);
  });
});
