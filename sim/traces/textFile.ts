/** Text files as people have them: in other encodings, with another system's line ends, or not text at all. */
import { readFile, stat } from "node:fs/promises";

import { UserError } from "../errors.ts";

/** The text of a file, and its name for messages. */
export interface TextFile {
  readonly name: string;
  /** Without a byte order mark; lines end in "\n". */
  readonly text: string;
}

/** An error in a file that its reader can put right: where, what, and what to do. */
export const problemIn = (file: string, line: number | undefined, message: string): UserError =>
  new UserError(`${file}${line === undefined ? "" : `:${line}`}: ${message}`);

/** Longer texts do not fit into one string. */
const MOST_BYTES = 400 * 2 ** 20;

/** What files of other kinds begin with. */
const OTHER_KINDS: readonly (readonly [magic: string, message: string])[] = [
  ["1f8b", "the file is compressed; unpack it with gunzip."],
  ["504b0304", "the file is compressed; unpack it with unzip, or save the spreadsheet as CSV."],
  ["425a68", "the file is compressed; unpack it with bunzip2."],
  ["fd377a58", "the file is compressed; unpack it with unxz."],
  ["25504446", "this is a PDF, not a text file. Find the data that it shows as CSV."],
];

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT:
    "there is no such file. A path in a scenario is relative to the scenario's folder, one on the command line to the working directory.",
  ENOTDIR: "there is no such file, since a part of the path is no folder.",
  EISDIR: "this is a folder; name the file in it.",
  EACCES: "reading it is not permitted.",
};

/** Where the control characters of a binary file show. */
const HEAD_CHARACTERS = 65_536;

async function readBytes(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) {
      throw problemIn(
        path,
        undefined,
        `${Math.round(size / 2 ** 20)} MB are too much to read at once; cut the file to the time that is of interest.`,
      );
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new UserError(`${path}: ${PROBLEMS[code] ?? `${message}.`}`, { cause: error });
  }
}

function decode(bytes: Buffer): string {
  const mark = bytes.toString("hex", 0, 2);
  if (mark === "fffe") return new TextDecoder("utf-16le").decode(bytes);
  if (mark === "feff") return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // What spreadsheets on Windows write, and close to what old logs have; only units in headers and names in comments
    // are ever concerned.
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/**
 * Reads a text file in UTF-8, UTF-16 with a byte order mark, or Windows-1252.
 *
 * @throws UserError if it is absent, not readable, a folder, compressed, binary, too large or empty
 */
export async function readTextFile(path: string): Promise<TextFile> {
  const bytes = await readBytes(path);
  const start = bytes.toString("hex", 0, 4);
  const kind = OTHER_KINDS.find(([magic]) => start.startsWith(magic))?.[1];
  if (kind !== undefined) throw problemIn(path, undefined, kind);
  const decoded = decode(bytes).replace(/^\uFEFF/, "");
  if (decoded.trim() === "") throw problemIn(path, undefined, "the file is empty.");
  // The end mark of DOS (1a) and escapes (1b) occur in text.
  // eslint-disable-next-line no-control-regex -- control characters are what tells a binary file
  const control = /[\0-\x08\x0e-\x19\x1c-\x1f]/;
  if (decoded.includes("\0") || control.test(decoded.slice(0, HEAD_CHARACTERS))) {
    throw problemIn(
      path,
      undefined,
      "this is not a text file (perhaps a workbook, or text in UTF-16 without its mark). Save it as CSV in UTF-8.",
    );
  }
  return { name: path, text: decoded.replaceAll(/\r\n?/g, "\n") };
}
