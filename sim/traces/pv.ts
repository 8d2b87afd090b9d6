/** PV output from files: measured power, or irradiance that goes through the scenario's plant. */
import type { PvScenario } from "../physics/modelled.ts";
import type { PvSeries } from "../physics/series.ts";
import type { Place, Plane } from "../physics/sun.ts";
import { Findings } from "./findings.ts";
import type { Imported } from "./imported.ts";
import { stepsOf, type Step } from "./pv/instants.ts";
import { readPlain } from "./pv/plain.ts";
import { isPvgisCsv, readPvgisCsv, readPvgisJson } from "./pv/pvgis.ts";
import { isSam, readSam } from "./pv/sam.ts";
import type { PvContext, PvTable } from "./pv/table.ts";
import { problemIn, readTextFile } from "./textFile.ts";
import { resampled } from "./pv/window.ts";
import { SECONDS_PER_MINUTE } from "../units.ts";

/** PV output from a file, with what the file says of where it is from. */
export interface MeasuredPv extends PvSeries {
  readonly place?: Place;
  /** How the panels lie, if not as in the scenario. */
  readonly plane?: Plane;
}

/** Reads a text in whichever format it is. */
function readTable(text: string, context: PvContext): PvTable {
  if (/^\s*[{[]/.test(text)) return readPvgisJson(text, context);
  if (isPvgisCsv(text)) return readPvgisCsv(text, context);
  if (isSam(text)) return readSam(text, context);
  if (text.startsWith("LOCATION,")) {
    throw problemIn(
      context.file,
      1,
      "this is an EnergyPlus weather file, which is mostly of a typical year. Take hourly data of PVGIS or a single year of NSRDB in the SAM format.",
    );
  }
  return readPlain(text, context);
}

/** All steps within the inverter's rating. */
function clipped(steps: readonly Step[], inverterW: number): readonly Step[] {
  return steps.map((step) => (step.watts > inverterW ? { ...step, watts: inverterW } : step));
}

/**
 * Reads the run's time from a file with PV output: hourly data of PVGIS (CSV, JSON), NSRDB weather in the SAM format,
 * or any CSV with columns of times and power. The format is told from the content. Power is scaled to the scenario's
 * plant if the file's is known, and never above the inverter's rating.
 *
 * @param path of the file, as it is named in errors
 * @param options.scenario its sections `start`, `hours`, `stepMinutes`, `plant`, `pv` and `microgrids` are used
 * @throws UserError with file, line, what is wrong and what to do
 */
export async function readPv(
  path: string,
  { scenario }: { readonly scenario: PvScenario },
): Promise<Imported<MeasuredPv>> {
  const { text } = await readTextFile(path);
  const findings = new Findings();
  const table = readTable(text, { file: path, scenario, findings });
  if (table.readings.every(({ watts }) => watts === undefined)) {
    const reasons = findings.dropped.map(({ reason, count }) => `${count} × ${reason}`).join("; ");
    throw problemIn(path, undefined, `no row can be used (${reasons || "there is none"}).`);
  }
  const { steps, length } = stepsOf(path, table, scenario, findings);
  const { inverterW } = scenario.plant;
  const { watts, used } = resampled(path, clipped(steps, inverterW), length, scenario, findings);

  const lines = new Set([...used].map(({ line }) => line));
  let above = 0;
  for (const { line = 0, watts: unlimited } of steps) {
    if (!lines.has(line)) findings.drop("outside the run's time", line);
    else if (unlimited > inverterW) above += 1;
  }
  const count = [...lines].filter((line) => line !== undefined).length;
  if (above > 0) {
    findings.note(
      `${above} of ${count} values were above the inverter's ${inverterW} W and were clipped to it.`,
    );
  }
  return {
    data: {
      stepSeconds: scenario.stepMinutes * SECONDS_PER_MINUTE,
      watts,
      ...(table.place === undefined ? {} : { place: table.place }),
      ...(table.plane === undefined ? {} : { plane: table.plane }),
    },
    report: {
      file: path,
      format: table.format,
      rows: table.rows,
      used: count,
      dropped: findings.dropped,
      notes: findings.notes,
    },
  };
}
