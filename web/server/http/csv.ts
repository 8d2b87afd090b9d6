/** A list as a CSV file. */
import type { ServerResponse } from "node:http";

import type { Page } from "../../shared/api.ts";
import { text } from "../../../sim/report/csv.ts";
import type { Computed, PageRequest } from "../api/list.ts";

/** Items that are read at a time; others are answered in between. */
const PAGE = 500;

/** Integers of the chain are text in JSON, and numbers in a spreadsheet. */
const INTEGER = /^-?\d+$/;

function field(value: unknown): string {
  if (typeof value === "string") return INTEGER.test(value) ? value : text(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** The field of an item that a path such as `buyer.id` names. */
function valueAt(item: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => {
    if (typeof value !== "object" || value === null) return undefined;
    return (value as Record<string, unknown>)[name];
  }, item);
}

/** Lines of a page, with what a spreadsheet would take for formulas made harmless. */
const csvLines = (
  columns: readonly string[],
  computed: Computed<unknown> | undefined,
  items: readonly unknown[],
): string =>
  items
    .map((item) => {
      const own = columns.map((column) => valueAt(item, column));
      return `${[...own, ...(computed?.values(item) ?? [])].map(field).join(",")}\n`;
    })
    .join("");

/** Answers with the whole list, page by page. */
export async function answerCsv(
  response: ServerResponse,
  name: string,
  columns: readonly string[],
  computed: Computed<unknown> | undefined,
  read: (request: PageRequest) => Page<unknown>,
  order: PageRequest["order"],
): Promise<void> {
  let page = read({ limit: PAGE, cursor: undefined, order });
  response.writeHead(200, {
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": `attachment; filename="${name}.csv"`,
    "cache-control": "no-store",
  });
  response.write(`${[...columns, ...(computed?.names ?? [])].join(",")}\n`);
  for (;;) {
    if (!response.write(csvLines(columns, computed, page.items))) await drained(response);
    if (page.next === null || response.destroyed) break;
    await new Promise((resolve) => setImmediate(resolve));
    page = read({ limit: PAGE, cursor: page.next, order });
  }
  response.end();
}

/** Until the client has taken what was written, or is gone. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
