/** CSV of anybody: a column of times and one of power, known by their names. */
import { peakW } from "../../physics/plant.ts";
import { isAmbiguousDate, parseTime } from "./clock.ts";
import { nameOf } from "./names.ts";
import { csvRows, firstLineOf, separatorOf } from "../csv.ts";
import {
  notNegative,
  scaleOf,
  TOLERATED_SHARE,
  type PvContext,
  type PvTable,
  type Reading,
} from "./table.ts";
import { toNumber } from "../numbers.ts";
import { taskReaderOf } from "../tasks.ts";
import { problemIn, type TextFile } from "../textFile.ts";
import { WATTS_PER_KILOWATT } from "../../units.ts";

const START =
  /^((utc|local)_?)?(time|timestamp|datetime|date_time|date|(hour|interval|period|slot)_start|start(_time)?)(_(utc|local))?$/;
const END = /^((utc|local)_?)?((hour|interval|period|slot)_end|end(_time)?)(_(utc|local))?$/;

const OF_PLANT = "((pv|ac|p|solar|power|output|production|generation|measured)_)*";
const NORMALISED = new RegExp(
  `^${OF_PLANT}(norm|normali[sz]ed|capacity_factor|cf|kw_per_kwp)(_(power|output))?$`,
);
const PER_KILOWATT = new RegExp(`^${OF_PLANT}w_per_kwp$`);
const AT_PEAK = new RegExp(`^${OF_PLANT}w_at_(\\d+)_?wp$`);
const WATTS = new RegExp(`^${OF_PLANT}(w|watts?)$`);
const KILOWATTS = new RegExp(`^${OF_PLANT}(kw|kilowatts?)$`);

const NAMES =
  "Power is looked for under names such as pv_norm (0 to 1 of the peak), pv_w_per_kwp, pv_w_at_1920wp, pv_w or power_kw, times under hour_start, time or timestamp. Rename the columns";

/** A normalised output above this is a percentage or something else; reflections at clouds do not reach it. */
const HIGHEST_SHARE = 1.5;

/**
 * Whether it is open if a point or a comma in a number separates its decimals or its thousands, given what the other
 * numbers have.
 */
function hasTwoMeanings(text: string, decimalComma: boolean): boolean {
  if (!/^[+-]?[\d.,]+$/.test(text)) return false;
  if (!decimalComma) return text.includes(",");
  return text.includes(".") && !/^[+-]?\d{1,3}(\.\d{3})+,\d+$/.test(text);
}

/** How a column becomes watts of the scenario's plant. */
interface Column {
  readonly index: number;
  readonly factor: number;
  /** How far below 0 counts as 0, in the unit of the column. */
  readonly tolerance: number;
  /** What cannot be, in the unit of the column. */
  readonly impossible: number;
}

/** Finds the column of power; of several the one that says most about itself. */
function powerColumn(headers: readonly string[], line: number, context: PvContext): Column {
  const { file, scenario, findings } = context;
  const names = headers.map(nameOf);
  const own = peakW(scenario.plant);
  const kinds = [
    { pattern: NORMALISED, unit: "as a share of the peak", peak: 1, factor: () => own },
    {
      pattern: PER_KILOWATT,
      unit: "in W per kWp",
      peak: WATTS_PER_KILOWATT,
      factor: () => own / WATTS_PER_KILOWATT,
    },
    {
      pattern: AT_PEAK,
      unit: "in W",
      peak: Infinity,
      factor: (name: string) => scaleOf(Number(AT_PEAK.exec(name)?.at(-1)), context),
    },
    {
      pattern: WATTS,
      unit: "in W",
      peak: Infinity,
      factor: () => scaleOf(undefined, context),
    },
    {
      pattern: KILOWATTS,
      unit: "in kW",
      peak: Infinity,
      factor: () => WATTS_PER_KILOWATT * scaleOf(undefined, context),
    },
  ];
  for (const { pattern, unit, peak, factor } of kinds) {
    const index = names.findIndex((name) => pattern.test(name));
    const name = names[index];
    if (name === undefined) continue;
    findings.note(`Power is the column "${headers[index] ?? ""}", ${unit}.`);
    const toOwn = factor(name);
    return {
      index,
      factor: toOwn,
      tolerance: (own * TOLERATED_SHARE) / toOwn,
      impossible: HIGHEST_SHARE * peak,
    };
  }
  throw problemIn(
    file,
    line,
    `no column of power is among ${headers.map((header) => `"${header}"`).join(", ")}. ${NAMES}.`,
  );
}

function timeColumn(headers: readonly string[], line: number, { name: file, text }: TextFile) {
  const names = headers.map(nameOf);
  const start = names.findIndex((name) => START.test(name));
  const end = names.findIndex((name) => END.test(name));
  const index = start === -1 ? end : start;
  if (index === -1) {
    if (taskReaderOf(text) !== undefined) {
      throw problemIn(file, undefined, "this is a file of tasks, which belongs into tasks.file.");
    }
    throw problemIn(
      file,
      line,
      `no column of times is among ${headers.map((header) => `"${header}"`).join(", ")}. ${NAMES}.`,
    );
  }
  return { index, atEnd: start === -1, isUtc: /(^|_)utc(_|$)/.test(names[index] ?? "") };
}

/** @throws UserError if times or power cannot be told from the header, or nothing can be read */
export function readPlain(text: string, context: PvContext): PvTable {
  const { file, findings } = context;
  const separator = separatorOf(firstLineOf(text));
  const [header, ...rows] = csvRows({ name: file, text }, separator);
  if (header === undefined) throw problemIn(file, undefined, "there are only comments.");
  const time = timeColumn(header.fields, header.line, { name: file, text });
  const power = powerColumn(header.fields, header.line, context);
  if (time.atEnd) findings.note(`Times in "${header.fields[time.index] ?? ""}" are ends of steps.`);

  const decimalComma =
    separator !== "," && rows.some(({ fields }) => fields[power.index]?.includes(",") ?? false);
  if (decimalComma) findings.note("Numbers have a decimal comma.");

  const readings: Reading[] = [];
  for (const { line, fields } of rows) {
    const written = fields[time.index] ?? "";
    const parsed = parseTime(written);
    if (parsed === undefined) {
      if (isAmbiguousDate(written) || readings.length === 0) {
        throw problemIn(
          file,
          line,
          `"${written}" is no time that can be read without doubt. Write times as 2015-06-22T13:00, with Z or an offset such as +02:00 if you can.`,
        );
      }
      findings.drop("the time cannot be read", line);
      continue;
    }
    const number = fields[power.index];
    if (number !== undefined && hasTwoMeanings(number, decimalComma)) {
      throw problemIn(
        file,
        line,
        `"${number}" could be read in two ways. Write numbers without separators of thousands, all with a point or all with a comma.`,
      );
    }
    const value = notNegative(toNumber(number, decimalComma), power.tolerance, line, findings);
    if (value !== undefined && value > power.impossible) {
      throw problemIn(
        file,
        line,
        `${value} cannot be in the column "${header.fields[power.index] ?? ""}", by whose name the peak is ${power.impossible / HIGHEST_SHARE}. Rename the column by its unit, or divide percentages by 100.`,
      );
    }
    const offset = parsed.offset ?? (time.isUtc ? 0 : undefined);
    const watts = value === undefined ? undefined : value * power.factor;
    readings.push({ line, wall: parsed.wall, offset, watts });
  }
  return { format: "CSV of times and power", rows: rows.length, readings, atEnd: time.atEnd };
}
