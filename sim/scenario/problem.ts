/** What can be wrong with a scenario's fields, in words for people. */
import * as Value from "typebox/value";
import { Settings } from "typebox/system";

import { nearest } from "./nearest.ts";
import { ScenarioSchema } from "./schema.ts";

/** Names of the fields from the outermost on; places in lists are numbers from 0. */
export type Path = readonly string[];

/** Something that is wrong. */
export interface Problem {
  /** The fields that it is about, the most telling first; the first one that was written says where it is. */
  readonly paths: readonly [Path, ...Path[]];
  /** Whether the field's name is wrong, and not its value. */
  readonly ofName?: boolean;
  /** What must be, what is, and what to do. */
  readonly message: string;
}

/** The parts of JSON Schema that the scenario uses. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | number)[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** The pattern in words; editors show it, too. */
  readonly patternErrorMessage?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** The schema of a scenario, as {@link Schema} sees it. */
export const ROOT = ScenarioSchema as unknown as Schema;

/** The schema of a field, and the path that it is for: a union's if the path leads into one. */
function schemaAt(path: Path): { readonly schema: Schema; readonly path: Path } | undefined {
  let schema = ROOT;
  for (const [i, name] of path.entries()) {
    if (schema.anyOf !== undefined) return { schema, path: path.slice(0, i) };
    const properties = schema.properties ?? {};
    const next = schema.items ?? (Object.hasOwn(properties, name) ? properties[name] : undefined);
    if (next === undefined) return undefined;
    schema = next;
  }
  return { schema, path };
}

// ------------------------------------------------------------------ words

/** A field's name for people. */
export function nameOf(path: Path): string {
  return `field \`${path.join(".")}\``;
}

function range(low: number | undefined, high: number | undefined, above: number | undefined) {
  if (above !== undefined) {
    return high === undefined ? ` above ${above}` : ` above ${above} and at most ${high}`;
  }
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  if (low !== undefined) return ` of at least ${low}`;
  return high === undefined ? "" : ` of at most ${high}`;
}

/** "a list of 2 to 24 entries", or only "a list" if there are no limits. */
function sized(
  kind: string,
  low: number | undefined,
  high: number | undefined,
  what: string,
): string {
  if (low === undefined && high === undefined) return kind;
  const count = high === undefined ? `at least ${low ?? 0}` : `${low ?? 0} to ${high}`;
  return `${kind} of ${count} ${count === "at least 1" ? what.replace(/ies$/, "y") : what}`;
}

/** What a value must be, such as "a number from 0 to 1". */
export function requirement(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(requirement).join(", or ");
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  switch (schema.type) {
    case "number":
    case "integer": {
      const kind = schema.type === "number" ? "a number" : "a whole number";
      return kind + range(schema.minimum, schema.maximum, schema.exclusiveMinimum);
    }
    case "boolean":
      return "true or false";
    case "string": {
      const text = sized("a text", schema.minLength, schema.maxLength, "characters");
      const { patternErrorMessage: form } = schema;
      return form === undefined ? text : `${text}, ${form}`;
    }
    case "array": {
      const list = sized("a list", schema.minItems, schema.maxItems, "entries");
      return schema.items === undefined ? list : `${list}, each ${requirement(schema.items)}`;
    }
    default: {
      const names = Object.keys(schema.properties ?? {});
      return names.length > 4 ? "a mapping of fields" : `a mapping of ${names.join(", ")}`;
    }
  }
}

/** What a value is, for people. */
export function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "empty";
  if (typeof value === "string") return `the text ${JSON.stringify(value)}`;
  if (Array.isArray(value)) {
    const text = JSON.stringify(value);
    return text.length > 60 ? `a list of ${value.length}` : text;
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "a mapping";
}

const YES = new Map([
  ...["yes", "on", "y", "1"].map((word) => [word, "true"] as const),
  ...["no", "off", "n", "0"].map((word) => [word, "false"] as const),
]);

/** What to do about a value that is not what it must be. */
function advice(schema: Schema, value: unknown): string {
  const kinds = schema.anyOf ?? [schema];
  const numeric = kinds.some(({ type }) => type === "number" || type === "integer");
  if (typeof value === "string") {
    const text = value.trim();
    const number = /^([-+]?\d[\d.]*)([.,]?)(\d*)\s*(.*)$/s.exec(text);
    if (numeric && number !== null) {
      const [, whole = "", mark = "", rest = "", unit = ""] = number;
      if (mark === ",") {
        const plain = `write it without the comma: ${whole}${rest}`;
        return /^\d{3}$/.test(rest) ? plain : `write it with a decimal point: ${whole}.${rest}`;
      }
      return unit === "" ? `write it without quotes: ${text}` : `leave the unit out: ${whole}`;
    }
    const flag = YES.get(text.toLowerCase());
    if (schema.type === "boolean" && flag !== undefined) return `write ${flag}`;
    const near = nearest(text, (schema.enum ?? []).map(String));
    if (near !== undefined) return `did you mean ${near}?`;
  }
  if (schema.type === "object") return "write its fields below it, indented, or leave it out";
  if (schema.default === undefined) return "give such a value";
  const usual = JSON.stringify(schema.default);
  return usual.length > 60
    ? "give such a value, or leave the field out for its default"
    : `give such a value, or leave the field out for its default, ${usual}`;
}

// ------------------------------------------------------------------ checks

function unknownField(path: Path): Problem {
  const parent = schemaAt(path.slice(0, -1))?.schema.properties ?? {};
  const names = Object.keys(parent).filter((name) => name !== "$schema");
  const name = path.at(-1) ?? "";
  const near = nearest(name, names);
  const [outer = "", ...inner] = name.split(".");
  let hint = `the fields here are ${names.join(", ")}`;
  if (near !== undefined) hint = `did you mean \`${near}\`?`;
  // Written in one line, as for --set.
  if (inner.length > 0 && names.includes(outer)) {
    hint = `write \`${outer}:\` and, indented below it, \`${inner.join(".")}:\``;
  }
  return { paths: [path], ofName: true, message: `${nameOf(path)}: there is none; ${hint}` };
}

function valueAt(value: unknown, path: Path): unknown {
  let inner = value;
  for (const name of path) inner = (inner as Record<string, unknown> | undefined)?.[name];
  return inner;
}

/** Everything that is wrong with a value as a scenario, defaults already in; each field once. */
export function schemaProblems(value: unknown): Problem[] {
  const found = new Map<string, Problem>();
  const note = (path: Path): void => {
    const at = schemaAt(path);
    if (at === undefined) {
      found.set(path.join("."), unknownField(path));
      return;
    }
    const { schema } = at;
    const is = valueAt(value, at.path);
    found.set(at.path.join("."), {
      paths: [at.path],
      message: `${nameOf(at.path)}: must be ${requirement(schema)}, is ${shown(is)}; ${advice(schema, is)}`,
    });
  };
  for (const { keyword, instancePath, params } of errorsOf(value)) {
    const path = instancePath
      .split("/")
      .slice(1)
      .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
    if (keyword === "required" && "requiredProperties" in params) {
      for (const name of params.requiredProperties) note([...path, name]);
    } else if (keyword !== "additionalProperties" && keyword !== "anyOf") {
      // Each field that is not known has an error of its own, too.
      note(path);
    }
  }
  return [...found.values()];
}

/** TypeBox's errors, all of them. */
function errorsOf(value: unknown): ReturnType<typeof Value.Errors> {
  // It stops at the eighth unless told otherwise, and can be told so only globally.
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: 10_000 });
  try {
    return Value.Errors(ScenarioSchema, value);
  } finally {
    Settings.Set({ maxErrors });
  }
}
