// A process of a sweep: runs what it is told, one after the other, with the function `run` of the module in its argument.

import process from "node:process";

import type { Answer, Order, RunFunction } from "./messages.ts";

const [, , module = ""] = process.argv;

async function answer({ scenario, ...options }: Order): Promise<Answer> {
  try {
    const { run } = (await import(module)) as { run: RunFunction };
    return { strategies: await run(scenario, options) };
  } catch (error) {
    if (!(error instanceof Error)) return { failure: String(error) };
    if (error.name === "UserError") return { failure: error.message };
    const failure = `${error.name}: ${error.message}`;
    return error.stack === undefined ? { failure } : { failure, stack: error.stack };
  }
}

process.on("message", (order: Order) => {
  void answer(order).then((result) => process.send?.(result));
});
// The sweep was stopped; nobody waits for this run any more.
process.on("disconnect", () => process.exit());
