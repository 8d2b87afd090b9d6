/** Worker processes that share a list of orders. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { Answer, Order } from "./messages.ts";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** Arguments with which this Node.js runs TypeScript: none, or with the loader that Hardhat brings. */
export const runtimeArguments = (): string[] =>
  process.features.typescript === false ? ["--import", import.meta.resolve("tsx")] : [];

/**
 * Runs orders in as many processes as told, each order in the next process that is free.
 * If a process ends, its order has failed, and another one takes its place.
 *
 * @param module URL of a module that exports a {@link RunFunction} as `run`
 * @param onAnswer called for each order as it is done, in any order; if it throws, all ends with its error
 */
export async function runAll(
  orders: readonly Order[],
  processes: number,
  module: string,
  onAnswer: (index: number, answer: Answer) => Promise<void>,
): Promise<void> {
  const running = new Set<ChildProcess>();
  let next = 0;
  let isStopped = false;
  const goesOn = (): boolean => !isStopped && next < orders.length;

  /** Runs orders in a process until there are none left or it ends. */
  const work = async (): Promise<void> => {
    while (goesOn()) {
      const child = fork(WORKER, [module], {
        execArgv: runtimeArguments(),
        // What runs print would be mixed up; warnings and what Node.js says of a crash are let through.
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      running.add(child);
      const ended = new Promise<string>((resolve) => {
        child.once("error", (error) => {
          resolve(error.message);
        });
        child.once("exit", (code, signal) => {
          resolve(`its process ended with ${signal ?? `code ${code ?? "unknown"}`}`);
        });
      });
      try {
        let isAlive = true;
        while (isAlive && goesOn()) {
          const index = next;
          next += 1;
          const answer = await ask(child, orders[index], ended);
          isAlive = !("ended" in answer);
          await onAnswer(index, "ended" in answer ? { failure: answer.ended } : answer);
        }
      } finally {
        running.delete(child);
        if (child.connected) child.disconnect();
      }
      await ended;
    }
  };

  try {
    await Promise.all(Array.from({ length: Math.min(processes, orders.length) }, work));
  } catch (error) {
    isStopped = true;
    for (const child of running) child.kill();
    throw error;
  }
}

/** Gives a process an order. @returns its answer, or how the process ended before it */
async function ask(
  child: ChildProcess,
  order: Order | undefined,
  ended: Promise<string>,
): Promise<Answer | { readonly ended: string }> {
  const answered = new Promise<Answer>((resolve) => {
    child.once("message", (message) => {
      resolve(message as Answer);
    });
  });
  // If it cannot be sent, the process has ended, and `ended` says how.
  child.send(order ?? {}, () => undefined);
  return Promise.race([answered, ended.then((how) => ({ ended: how }))]);
}
