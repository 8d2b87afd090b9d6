/** The published forms of the scenario's schema: JSON Schema for editors, and tables for people. */
import { requirement, ROOT, type Schema } from "./problem.ts";

/** Units by the end of a field's name, the longest ends first. */
const UNITS: readonly (readonly [end: string, unit: string])[] = [
  ["GramsPerKWh", "g/kWh"],
  ["YuanPerKWh", "yuan/kWh"],
  ["YuanPerGb", "yuan/GB"],
  ["GbPerCore", "GB"],
  ["MaxPrice", "yuan/kWh"],
  ["latitude", "°"],
  ["longitude", "°"],
  ["Degrees", "°"],
  ["PerHour", "1/h"],
  ["PerDay", "1/d"],
  ["Minutes", "min"],
  ["Seconds", "s"],
  ["Hours", "h"],
  ["hours", "h"],
  ["Gb", "GB"],
  ["Wh", "Wh"],
  ["W", "W"],
];

/** Where the generated part of `docs/scenarios.md` begins and ends. */
const BEGIN = "<!-- Begin of what `npm run schema` writes -->";
const END = "<!-- End of what `npm run schema` writes -->";

/** The unit of a field; empty if it has none. */
export function unitOf(name: string): string {
  return UNITS.find(([end]) => name.endsWith(end))?.[1] ?? "";
}

/** Fields with a default may be left out of a file, though they are always there once it is loaded. */
function forFiles(schema: Schema): Schema {
  const { required, properties, items, ...rest } = schema;
  const fields = Object.entries(properties ?? {}).map(
    ([name, field]) => [name, forFiles(field)] as const,
  );
  const needed = (required ?? []).filter((name) => properties?.[name]?.default === undefined);
  return {
    ...rest,
    ...(needed.length === 0 ? {} : { required: needed }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(fields) }),
    ...(items === undefined ? {} : { items: forFiles(items) }),
  };
}

/** The JSON Schema of scenario files. */
export function jsonSchema(): string {
  const dialect = "https://json-schema.org/draft/2020-12/schema";
  return JSON.stringify({ $schema: dialect, ...forFiles(ROOT) }, undefined, 2);
}

// ------------------------------------------------------------------ tables

const cell = (text: string): string => text.replaceAll("|", "\\|");

function defaultOf({ default: value }: Schema): string {
  if (value === undefined) return "";
  const text = JSON.stringify(value);
  return text.length > 100 ? `${(value as unknown[]).length} entries` : `\`${text}\``;
}

function row(name: string, schema: Schema): string {
  const description = schema.description ?? "";
  const cells = [`\`${name}\``, requirement(schema), unitOf(name), defaultOf(schema), description];
  return `| ${cells.map(cell).join(" | ")} |`;
}

/** Rows for a field, and for the fields of the mappings in it. */
function rows(name: string, schema: Schema): string[] {
  const inner = schema.properties ?? schema.items?.properties;
  const own = schema.properties === undefined ? [row(name, schema)] : [];
  const prefix = schema.items === undefined ? name : `${name}.*`;
  const fields = Object.entries(inner ?? {});
  return [...own, ...fields.flatMap(([field, each]) => rows(`${prefix}.${field}`, each))];
}

function table(fields: readonly (readonly [string, Schema])[]): string {
  const head = ["Field", "Value", "Unit", "Default", "Meaning, and reason for the default"];
  return [
    `| ${head.join(" | ")} |`,
    `| ${head.map(() => "---").join(" | ")} |`,
    ...fields.flatMap(([name, schema]) => rows(name, schema)),
  ].join("\n");
}

/** The tables of all fields, a section of the scenario each. */
function fieldTables(): string {
  const fields = Object.entries(ROOT.properties ?? {}).filter(([name]) => name !== "$schema");
  const plain = fields.filter(([, { properties }]) => properties === undefined);
  const sections = fields.filter(([, { properties }]) => properties !== undefined);
  return [
    `### The run\n\n${table(plain)}`,
    ...sections.map(
      ([name, schema]) =>
        `### ${schema.description ?? name}: \`${name}\`\n\n${table([[name, schema]])}`,
    ),
  ].join("\n\n");
}

/**
 * A document with its generated part replaced by the present tables.
 *
 * @throws if the marks of the generated part are not there
 */
export function withFieldTables(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`There is no part from ${BEGIN} to ${END}.`);
  const before = document.slice(0, begin + BEGIN.length);
  return `${before}\n\n${fieldTables()}\n\n${document.slice(end)}`;
}
