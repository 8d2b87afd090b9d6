/**
 * What the parties of a replay write down, so that a process that was killed can be started again and go on.
 *
 * A party decides by what it is given and what it reads from the chain. So nothing else has to be kept: started again,
 * it goes through the same decisions, finds that what it sent is sent already, and is told what it was told before, until
 * its journal ends and the chain goes on.
 *
 * A folder holds a file of JSON lines for each party, `<party>.jsonl`, with every transaction before it is sent and why it was
 * refused if it was, and `answers.jsonl` with what was read from the chain. A last line that was not written to its end counts as not written.
 */
import { appendFileSync, closeSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

import { UserError } from "../errors.ts";
import type { CallResult } from "./chainLedger.ts";
import { keccak } from "./keccak.ts";
import type { Address, Bytes32 } from "./ledger.ts";

/** A transaction as its sender noted it. */
export interface SentTransaction {
  readonly nonce: number;
  /** Digest of receiver and calldata. */
  readonly call: Bytes32;
  /** Hash of the signed transaction. */
  readonly hash: Bytes32;
}

/** What a transaction that was mined in vain reverted with. */
interface Refusal {
  readonly nonce: number;
  readonly reverted: string;
}

interface Answer extends CallResult {
  /** Digest of contract and calldata. */
  readonly call: Bytes32;
}

const SUFFIX = ".jsonl";
const ANSWERS = "answers";

/** Digest of a call, by which the same one is known again. */
export const callDigest = (to: Address, data: string): Bytes32 => keccak(`${to}${data}`);

/** The journals of all parties of a replay. */
export class Journal {
  private readonly folder: string;
  private readonly names = new Map<Address, string>();
  private readonly sent = new Map<string, readonly SentTransaction[]>();
  private readonly refusals = new Map<string, ReadonlyMap<number, string>>();
  private readonly answers = new Map<Bytes32, Answer[]>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Opens the journals in a folder, which is made if it is not there.
   *
   * @throws UserError if one of them is damaged
   */
  static async open(folder: string): Promise<Journal> {
    await mkdir(folder, { recursive: true });
    const journal = new Journal(folder);
    for (const file of (await readdir(folder)).filter((name) => name.endsWith(SUFFIX))) {
      const name = file.slice(0, -SUFFIX.length);
      if (name === ANSWERS) journal.readAnswers();
      else journal.read(name);
    }
    return journal;
  }

  /** Tells which party a wallet belongs to; @returns the first nonce that it used, undefined if it has sent nothing. */
  register(wallet: Address, party: string): number | undefined {
    const name = fileNameOf(party);
    this.names.set(wallet, name);
    return this.sent.get(name)?.[0]?.nonce;
  }

  /**
   * What a wallet sent with a nonce; undefined if nothing yet.
   *
   * @throws UserError if it sent something else with it
   */
  sentBefore(wallet: Address, nonce: number, call: Bytes32): SentTransaction | undefined {
    const name = this.nameOf(wallet);
    const all = this.sent.get(name);
    const known = all?.[nonce - (all[0]?.nonce ?? 0)];
    if (known === undefined || (known.call === call && known.nonce === nonce)) return known;
    throw new UserError(
      `${this.pathOf(name)}: transaction ${nonce.toString()} is another than the one that would be sent now. ` +
        `The scenario, its traces or the program have changed since the replay began; go on with those that it began with, ` +
        `or begin anew with "npx hardhat deploy --fresh" and the network's name.`,
    );
  }

  /** Notes transactions; they may be sent once this has returned. */
  note(transactions: readonly (SentTransaction & { readonly from: Address })[]): void {
    const byName = new Map<string, string>();
    for (const { from, nonce, call, hash } of transactions) {
      const name = this.nameOf(from);
      const line = `${JSON.stringify({ nonce, call, hash })}\n`;
      byName.set(name, `${byName.get(name) ?? ""}${line}`);
    }
    for (const [name, lines] of byName) appendFileSync(this.pathOf(name), lines);
  }

  /** What a transaction reverted with, if that was noted. */
  refusalOf(wallet: Address, nonce: number): string | undefined {
    return this.refusals.get(this.nameOf(wallet))?.get(nonce);
  }

  /** Notes what a transaction reverted with: later the chain may give another reason. */
  noteRefusal(wallet: Address, refusal: Refusal): void {
    appendFileSync(this.pathOf(this.nameOf(wallet)), `${JSON.stringify(refusal)}\n`);
  }

  /** What a question was answered before; each answer is given once, in the order in which they came. */
  answerTo(call: Bytes32): CallResult | undefined {
    return this.answers.get(call)?.shift();
  }

  /** Notes answers, before anybody acts on them. */
  noteAnswers(answers: readonly Answer[]): void {
    const lines = answers.map(({ call, ok, data }) => `${JSON.stringify({ call, ok, data })}\n`);
    appendFileSync(this.pathOf(ANSWERS), lines.join(""));
  }

  private read(name: string): void {
    const lines = linesOf<SentTransaction | Refusal>(this.pathOf(name));
    const refusals = lines.filter((line) => "reverted" in line);
    this.refusals.set(name, new Map(refusals.map(({ nonce, reverted }) => [nonce, reverted])));
    this.sent.set(
      name,
      lines.filter((line) => "hash" in line),
    );
  }

  private readAnswers(): void {
    for (const answer of linesOf<Answer>(this.pathOf(ANSWERS))) {
      const known = this.answers.get(answer.call);
      if (known) known.push(answer);
      else this.answers.set(answer.call, [answer]);
    }
  }

  private nameOf(wallet: Address): string {
    const name = this.names.get(wallet);
    if (name === undefined) throw new Error(`${wallet} keeps no journal.`);
    return name;
  }

  private pathOf(name: string): string {
    return join(this.folder, `${name}${SUFFIX}`);
  }
}

/** Name of a party's files: its ID may hold anything, a file's name may not. */
export const fileNameOf = (party: string): string => encodeURIComponent(party);

/** The lines of a file; what a kill left of a last one is cut off. */
function linesOf<T>(path: string): T[] {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf("\n") + 1;
  if (end < bytes.length) truncate(path, end);
  const lines = bytes.toString("utf8", 0, end).split("\n").slice(0, -1);
  return lines.map((line, index) => {
    try {
      return JSON.parse(line) as T;
    } catch (error) {
      throw new UserError(
        `${path}:${(index + 1).toString()}: the journal is damaged (${(error as Error).message}). ` +
          `Restore the file, or begin anew with "npx hardhat deploy --fresh" and the network's name.`,
        { cause: error },
      );
    }
  });
}

function truncate(path: string, length: number): void {
  const file = openSync(path, "r+");
  ftruncateSync(file, length);
  closeSync(file);
}
