import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { readPv, type MeasuredPv } from "../../../sim/traces/pv.ts";
import type { Imported } from "../../../sim/traces/imported.ts";
import { sharedData, TestFiles } from "../../support/files.ts";
import { kWhOf } from "../../support/pv.ts";
import { scenarioWith, type Changes } from "../../support/scenario.ts";

const PLACE = { latitude: 47.218, longitude: -1.554 };
const HEAD = `Latitude (decimal degrees):\t47.218\r
Longitude (decimal degrees):\t-1.554\r
Elevation (m):\t20\r
Radiation database:\tPVGIS-SARAH2\r
\r
\r
Slope: 35 deg. (optimum)\r
Azimuth: -10 deg. \r
Nominal power of the PV system (c-Si) (kWp):\t2.0\r
System losses (%):\t14.0\r
`;
const FOOT =
  "\r\nP: PV system power (W)\r\nG(i): Global irradiance\r\n\r\nPVGIS (c) European Union\r\n";

const hours = (values: readonly string[]): string =>
  values.map((value, i) => `20150622:${11 + i}10,${value}\r\n`).join("");

describe("readPv, PVGIS", () => {
  const files = new TestFiles();
  async function read(content: string, change: Changes = {}): Promise<Imported<MeasuredPv>> {
    const scenario = scenarioWith({ start: "2015-06-22T11:00:00Z", hours: 3, ...change });
    return readPv(await files.write("pvgis", content), { scenario });
  }

  async function refusal(content: string): Promise<string> {
    const error = await read(content).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  }

  describe("CSV", () => {
    const withPower = `${HEAD}time,P,G(i),H_sun,T2m\r\n${hours(["500.0,600,60,20", "1000,900,60,20", "1500,1000,60,20"])}${FOOT}`;

    it("takes the power, scaled from the file's peak, in the hour of each time", async () => {
      const { data, report } = await read(withPower);
      expect([...data.watts]).to.deep.equal([480, 960, 1200]);
      expect(report).to.deep.include({ format: "PVGIS hourly CSV", rows: 3, used: 3, dropped: [] });
      expect(report.notes).to.deep.equal([
        "Power is the column P, which contains the losses that PVGIS was told.",
        "Watts are scaled from a peak of 2000 W (as the file says) to 1920 W.",
        "The file's panels are tilted by 35° and look to 170°; the scenario's 30° and 180° are not used.",
        "Times are 10 minutes past the beginning of their steps of 60 minutes; each stands for its whole step.",
        "1 of 3 values were above the inverter's 1200 W and were clipped to it.",
      ]);
    });

    it("tells where and how the panels are", async () => {
      const { data } = await read(withPower);
      expect(data.place).to.deep.equal(PLACE);
      expect(data.plane).to.deep.equal({ tiltDegrees: 35, azimuthDegrees: 170, albedo: 0.2 });
    });

    it("believes pv.peakW more than the file, and says so", async () => {
      const { data, report } = await read(withPower, { pv: { peakW: 3840 } });
      expect(data.watts[0]).to.equal(250);
      expect(report.notes[1]).to.include("(by pv.peakW; the file itself says 2000 W)");
    });

    it("takes watts as they are if nobody tells the peak", async () => {
      const { data } = await read(withPower.replace(/Nominal[^\n]*\n/, ""));
      expect(data.watts[0]).to.equal(500);
    });

    it("models power from the sum of irradiances where there is no P", async () => {
      const { data, report } = await read(
        `${HEAD}time,Gb(i),Gd(i),Gr(i),H_sun\r\n${hours(["100,300,100,9", "0,-3,0,9", "0,0,0,9"])}${FOOT}`,
      );
      expect(data.watts[0]).to.be.closeTo(960 * 0.9 * 0.92, 1e-9);
      expect(data.watts[1]).to.equal(0);
      expect(report.notes.join()).to.include("Gb(i) + Gd(i) + Gr(i)");
      expect(report.notes.join()).to.include("1 slightly negative values count as 0");
    });

    it("models power from the global irradiance where there is no P", async () => {
      const { data } = await read(
        `${HEAD}time,G(i),H_sun\r\n${hours(["500,9", "0,9", "0,9"])}${FOOT}`,
      );
      expect(data.watts[0]).to.be.closeTo(960 * 0.9 * 0.92, 1e-9);
    });

    it("drops rows without a value or a time, and names their lines", async () => {
      const { report } = await read(
        `${HEAD}time,P,G(i)\r\n${hours(["1,1", ",", "3,3"])}2015-06-22,1,1\r\n${FOOT}`,
      );
      expect(report.dropped).to.deep.equal([
        { reason: "the value is missing or no number", count: 1, firstLine: 13 },
        { reason: "the time cannot be read", count: 1, firstLine: 15 },
      ]);
    });

    it("refuses a typical year and says what to download", async () => {
      const text = `${HEAD}month,year\r\n1,2013\r\n\r\ntime(UTC),T2m,RH,G(h),Gb(n)\r\n20130101:0000,1,2,3,4\r\n`;
      expect(await refusal(text)).to.match(/pvgis:14: .*TMY.*seriescalc/);
    });

    it("refuses a file without power or irradiance", async () => {
      expect(await refusal(`${HEAD}time,H_sun,T2m\r\n${hours(["1,2"])}`)).to.include(
        "neither P nor G(i)",
      );
    });

    it("reads one of PVGIS itself", async function () {
      const path = sharedData(this, "formats/pvgis_hourly_45_8_SARAH_2016_14rows.csv");
      const scenario = scenarioWith({ start: "2016-01-01T00:00:00Z", hours: 14 });
      const { data, report } = await readPv(path, { scenario });
      expect(data.watts[8]).to.be.closeTo(1.92 * 0.9 * 0.92 * (26.71 + 8.28 + 0.21), 1e-9);
      expect(data.plane).to.deep.equal({ tiltDegrees: 30, azimuthDegrees: 180, albedo: 0.2 });
      expect(report).to.deep.include({ rows: 14, used: 14 });
    });
  });

  describe("JSON", () => {
    const json = (change: object = {}): string =>
      JSON.stringify({
        inputs: {
          location: { ...PLACE, elevation: 20 },
          mounting_system: { fixed: { slope: { value: 30 }, azimuth: { value: 0 } } },
          pv_module: { technology: "c-Si", peak_power: 1, system_loss: 14 },
        },
        outputs: {
          hourly: [11, 12, 13].map((hour) => ({
            time: `20150622:${hour}10`,
            P: (hour - 11) * 100,
            "G(i)": 500,
          })),
        },
        ...change,
      });

    it("takes the power, scaled from the file's peak", async () => {
      const { data, report } = await read(json());
      expect([...data.watts]).to.deep.equal([0, 192, 384]);
      expect(data.place).to.deep.equal(PLACE);
      expect(data.plane).to.deep.equal({ tiltDegrees: 30, azimuthDegrees: 180, albedo: 0.2 });
      expect(report).to.deep.include({ format: "PVGIS hourly JSON", rows: 3, used: 3 });
    });

    it("drops entries that are no such thing", async () => {
      const hourly = [
        { time: "20150622:1110", P: 1 },
        7,
        { time: "20150622:1210", P: "2" },
        { time: "20150622:1310", P: 3 },
      ];
      const { report } = await read(json({ outputs: { hourly } }));
      expect(report.dropped).to.deep.equal([
        { reason: "the time cannot be read", count: 1, firstLine: 2 },
        { reason: "the value is missing or no number", count: 1, firstLine: 3 },
      ]);
    });

    it("refuses a typical year, other JSON and broken JSON", async () => {
      expect(await refusal(json({ outputs: { tmy_hourly: [] } }))).to.include("TMY");
      for (const outputs of [{}, { hourly: [] }, { hourly: "no" }]) {
        expect(await refusal(json({ outputs }))).to.include("no outputs.hourly");
      }
      expect(await refusal("[1]")).to.include("no outputs.hourly");
      expect(await refusal(json().slice(0, -5))).to.include("is not JSON");
    });

    it("reads one of PVGIS itself, of a plant that follows the sun", async function () {
      const path = sharedData(this, "formats/pvgis_hourly_v5_2_10kWp_10rows.json");
      const scenario = scenarioWith({ start: "2013-01-01T00:00:00Z", hours: 10 });
      const { data } = await readPv(path, { scenario });
      expect(kWhOf(data)).to.be.closeTo(((1187.2 + 3950.1) * 0.192) / 1000, 1e-9);
      expect(data.plane).to.equal(undefined);
    });
  });
});
