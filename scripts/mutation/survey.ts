/** What the tests reach and how long they take, kept in a file as long as contracts and tests stay the same. */
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";

import type { Times } from "./order.ts";
import type { Found } from "./reach.ts";

const FOLDER = "reports";
const SURVEY = `${FOLDER}/survey.json`;
/** What decides what tests do. */
const INPUTS = ["contracts/**/*.sol", "test/**/*.ts", "sim/**/*.ts", "package-lock.json"];

/** What was found out about the tests. */
export interface Survey {
  readonly reach: Found;
  readonly times: Times;
  /** Titles of tests that fail without a fault. */
  readonly without: readonly string[];
}

/** Changes with the contracts, the tests and which of them are run. */
export function surveyKey(tests: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(tests));
  for (const path of globSync(INPUTS).sort()) hash.update(path).update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}

/** @returns undefined if there is none for these contracts and tests */
export function readSurvey(key: string): Survey | undefined {
  if (!existsSync(SURVEY)) return undefined;
  const kept = JSON.parse(readFileSync(SURVEY, "utf8")) as Survey & { readonly key: string };
  return kept.key === key ? kept : undefined;
}

/** Keeps it; who reads at the same time finds the former or this one. */
export function writeSurvey(key: string, survey: Survey): void {
  mkdirSync(FOLDER, { recursive: true });
  const draft = `${SURVEY}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ key, ...survey }));
  renameSync(draft, SURVEY);
}
