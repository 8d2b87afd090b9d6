/** Scenarios from files: read, completed with defaults, checked, with errors that say where and what to do. */
import { readdir, readFile } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import * as Value from "typebox/value";
import { isMap, isSeq, LineCounter, parseDocument, type Document, type YAMLError } from "yaml";

import { UserError } from "../errors.ts";
import { mended, overlap } from "./mended.ts";
import { nearest } from "./nearest.ts";
import { applyOverride, parseOverride, splitOutside, type Override } from "./override.ts";
import { nameOf, schemaProblems, type Path, type Problem } from "./problem.ts";
import { ruleProblems } from "./rules.ts";
import { ScenarioSchema, type Scenario } from "./schema.ts";

/** Where the scenarios lie that come with heliomarket. */
const FOLDER = fileURLToPath(new URL("../../scenarios/", import.meta.url));
const EXTENSION = ".yaml";

/** A scenario, and the file that it was read from. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  /** Path of the file, relative to the working directory if it lies in it. */
  readonly path: string;
}

/** Names of the scenarios that come with heliomarket. */
export async function builtInScenarios(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return files
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => name.slice(0, -EXTENSION.length))
    .sort();
}

/**
 * Reads a scenario.
 *
 * Paths of files in it are relative to its folder; in `overrides`, to the working directory. In the result they are
 * relative to the working directory if they lie in it, so that results do not name the machine's folders.
 *
 * @param nameOrPath a name of {@link builtInScenarios}, or a file's path
 * @param overrides fields to set, as `--set` takes them: `battery.capacityWh=500`, the value in YAML
 * @param strategies further names that `strategies` may hold
 * @throws UserError with everything that is wrong, a line each: `file:line:column: field …: must be …, is …; what to do`
 */
export async function loadScenario(
  nameOrPath: string,
  overrides: readonly string[] = [],
  strategies: readonly string[] = [],
): Promise<LoadedScenario> {
  const { file, text } = await read(nameOrPath);
  const path = shownPath(file);
  const given = parseOverrides(overrides);
  const source = parse(text, path);
  // Defaults are the schema's own objects, which are not ours to change.
  const fields = structuredClone(Value.Default(ScenarioSchema, source.fields));
  resolveFile(fields, "pv", dirname(file));
  resolveFile(fields, "tasks", dirname(file));
  for (const override of given) applyOverride(fields, override);
  // An override can bring a section of its own, and with it fields that have defaults.
  const complete = Value.Default(ScenarioSchema, fields);

  // What holds between fields is told as well, as far as no field that is wrong takes part.
  const { scenario, left } = mended(complete);
  const problems = [
    ...schemaProblems(complete),
    ...ruleProblems(scenario, strategies).filter(
      ({ paths }) => !paths.some((one) => left.some((other) => overlap(one, other))),
    ),
  ];
  if (problems.length + source.problems.length === 0) return { scenario, path };
  throw reportOf(path, [...source.problems, ...placed(problems, source, given)]);
}

// ------------------------------------------------------------------ files

async function read(nameOrPath: string): Promise<{ readonly file: string; readonly text: string }> {
  const names = await builtInScenarios();
  const isBuiltIn = names.includes(nameOrPath);
  const file = isBuiltIn ? resolve(FOLDER, nameOrPath + EXTENSION) : resolve(nameOrPath);
  try {
    return { file, text: await readFile(file, "utf8") };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const near = nearest(nameOrPath, names);
    const hint = near === undefined ? "" : ` Did you mean ${near}?`;
    const list = `Give a file, or one of the scenarios that come with heliomarket: ${names.join(", ")}.`;
    const what =
      code === "ENOENT"
        ? `There is no scenario ${nameOrPath}.${hint} ${list}`
        : code === "EISDIR"
          ? `The scenario ${nameOrPath} is a folder. ${list}`
          : `The scenario ${nameOrPath} cannot be read: ${message}`;
    throw new UserError(what, { cause: error });
  }
}

/** A path for people and for results: relative if it lies in the working directory. */
function shownPath(file: string): string {
  const inside = relative(process.cwd(), file);
  return inside.startsWith("..") || isAbsolute(inside) ? file : inside;
}

/** Makes the path in `<section>.file`, which is relative to the scenario's folder, one that can be opened from here. */
function resolveFile(fields: unknown, section: string, folder: string): void {
  const inner = (fields as Record<string, unknown>)[section];
  if (typeof inner !== "object" || inner === null) return;
  const holder = inner as Record<string, unknown>;
  const { file } = holder;
  if (typeof file === "string" && file !== "") holder["file"] = shownPath(resolve(folder, file));
}

function parseOverrides(texts: readonly string[]): Override[] {
  const problems: string[] = [];
  const overrides: Override[] = [];
  for (const text of texts) {
    const override = parseOverride(text);
    if ("message" in override) {
      problems.push(`--set ${text}: ${override.message}`);
    } else if (overrides.some(({ path }) => path.join(".") === override.path.join("."))) {
      problems.push(`--set ${text}: ${nameOf(override.path)} is set twice; leave one out`);
    } else {
      overrides.push(override);
    }
  }
  if (problems.length !== 0) throw new UserError(problems.join("\n"));
  return overrides;
}

// ------------------------------------------------------------------ YAML

interface Located {
  /** Position in the text, to put messages in its order. */
  readonly order: number;
  readonly text: string;
}

interface Source {
  readonly fields: Record<string, unknown>;
  readonly problems: readonly Located[];
  /** Where a field stands, or its name; undefined if it is not in the file. */
  locate(path: Path, ofName: boolean): Located | undefined;
}

function parse(text: string, path: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Located => {
    const { line, col } = lines.linePos(offset);
    return { order: offset, text: `${path}:${line}:${col}` };
  };
  const problems = [...document.errors, ...document.warnings].map((error) => {
    const at = place(error.pos[0]);
    return { ...at, text: `${at.text}: ${syntaxMessage(error, text)}` };
  });
  // Of a text that is no YAML, nothing more can be said; one with a field twice can be checked further.
  const isReadable = [...document.errors, ...document.warnings].every(
    ({ code }) => code === "DUPLICATE_KEY",
  );
  if (!isReadable) throw reportOf(path, problems);
  const { contents } = document;
  if (contents === null) {
    throw reportOf(path, [
      { order: 0, text: `${path}:1:1: the file is empty; a scenario has at least its \`name\`` },
    ]);
  }
  if (!isMap(contents)) {
    const { order, text: where } = place(contents.range[0]);
    const message = "must be a mapping of fields, such as `name: my-study`";
    throw reportOf(path, [{ order, text: `${where}: the scenario ${message}` }]);
  }
  let fields: unknown;
  try {
    fields = document.toJS();
  } catch (error) {
    const message = `its aliases cannot be resolved (${(error as Error).message}); write them out`;
    throw new UserError(`${path}: ${message}`, { cause: error });
  }
  return {
    fields: fields as Record<string, unknown>,
    problems,
    locate: (fieldPath, ofName) => {
      const offset = offsetOf(document, fieldPath, ofName);
      return offset === undefined ? undefined : place(offset);
    },
  };
}

/** Where the field's name or value begins in the text. */
function offsetOf(document: Document, path: Path, ofName: boolean): number | undefined {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0];
  for (const [i, name] of path.entries()) {
    const isLast = i === path.length - 1;
    if (isMap(node)) {
      // The last of a name's fields is the one that counts.
      const pair = node.items.findLast(({ key }) => String(key) === name);
      if (pair === undefined) return undefined;
      offset = startOf(ofName && isLast ? pair.key : pair.value) ?? startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(name)];
      if (node === undefined) return undefined;
      offset = startOf(node) ?? offset;
    } else {
      return undefined;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as { readonly range?: readonly number[] | null } | null)?.range?.[0];
}

function syntaxMessage({ code, message, pos }: YAMLError, text: string): string {
  if (code === "TAB_AS_INDENT") return "a tab indents this line; indent with spaces";
  if (code === "DUPLICATE_KEY") {
    const key = /^[^\s:]+/.exec(text.slice(pos[0]))?.[0] ?? "";
    return `field \`${key}\`: is there twice; keep one`;
  }
  if (code === "MULTIPLE_DOCS") return "a second document begins here; a file holds one scenario";
  return `not YAML: ${message.split("\n")[0] ?? ""}`;
}

// ------------------------------------------------------------------ report

/** Each problem with the place in the file, or the option, that it comes from. */
function placed(
  problems: readonly Problem[],
  source: Source,
  overrides: readonly Override[],
): Located[] {
  return problems.map(({ paths, ofName, message }) => {
    const [where] = paths.flatMap((path) => {
      const place = placeOf(path, ofName ?? false, source, overrides);
      return place === undefined ? [] : [place];
    });
    const { order, text } = where ?? parentPlace(paths[0], source, overrides);
    return { order, text: `${text}: ${withSweep(text, message)}` };
  });
}

/** What is wrong with a field that `--set` gives several values, as only sweeps take them, says where they belong. */
function withSweep(place: string, message: string): string {
  const isSeveral = place.startsWith(SET) && splitOutside(place, /,/).length > 1;
  return isSeveral && !message.includes("must be a list")
    ? message.replace(
        /; [^;]*$/,
        `; give one value, a decimal with a point, or run them all: npx hardhat sweep ${place}`,
      )
    : message;
}

/** How the place of what an option sets begins. */
const SET = "--set ";

function placeOf(
  path: Path,
  ofName: boolean,
  source: Source,
  overrides: readonly Override[],
): Located | undefined {
  const common = (set: Path): boolean =>
    path.every((name, i) => i >= set.length || set[i] === name);
  const find = (isWithin: boolean): Located | undefined => {
    const i = overrides.findLastIndex(
      ({ path: set }) => common(set) && set.length > path.length === isWithin,
    );
    const text = overrides[i]?.text;
    // After everything in the file.
    return text === undefined
      ? undefined
      : { order: Number.MAX_SAFE_INTEGER - overrides.length + i, text: `${SET}${text}` };
  };
  // An override of the field or of one around it hides the file; one of a field in it does not.
  return find(false) ?? source.locate(path, ofName) ?? find(true);
}

/** Where the nearest field around one that is not there begins. */
function parentPlace(path: Path, source: Source, overrides: readonly Override[]): Located {
  for (let length = path.length - 1; length > 0; length -= 1) {
    const place = placeOf(path.slice(0, length), true, source, overrides);
    if (place !== undefined) return place;
  }
  return source.locate([], false) ?? { order: 0, text: "" };
}

function reportOf(path: string, problems: readonly Located[]): UserError {
  const lines = [...problems].sort((a, b) => a.order - b.order).map(({ text }) => text);
  const [line = ""] = lines;
  if (lines.length === 1) return new UserError(line);
  return new UserError(`${path} has ${lines.length} faults:\n  ${lines.join("\n  ")}`);
}
