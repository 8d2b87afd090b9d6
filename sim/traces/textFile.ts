/** Text files as people have them: with a byte order mark, another system's line ends, or not text at all. */
import { readFile, stat } from "node:fs/promises";

import { UserError } from "../errors.ts";

/** The text of a file, and its name for messages. */
export interface TextFile {
  readonly name: string;
  /** Without a byte order mark; lines end in "\n". */
  readonly text: string;
}

/** Longer texts do not fit into one string. */
const MOST_BYTES = 400 * 2 ** 20;

/** A compressed file begins with these. */
const COMPRESSED: readonly (readonly [magic: string, remedy: string])[] = [
  ["1f8b", "unpack it with gunzip"],
  ["504b0304", "unpack it with unzip, or save the spreadsheet as CSV"],
  ["425a68", "unpack it with bunzip2"],
  ["fd377a58", "unpack it with unxz"],
];

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT:
    "there is no such file. A path in a scenario is relative to the folder that the scenario is in.",
  EISDIR: "this is a folder; name the file in it.",
  EACCES: "reading it is not permitted.",
};

async function readBytes(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) {
      throw new UserError(
        `${path}: ${Math.round(size / 2 ** 20)} MB are too much to read at once; cut the file to the time that is of interest.`,
      );
    }
    return await readFile(path);
  } catch (error) {
    const problem = PROBLEMS[(error as NodeJS.ErrnoException).code ?? ""];
    if (problem === undefined) throw error;
    throw new UserError(`${path}: ${problem}`, { cause: error });
  }
}

/**
 * Reads a text file. Bytes that are not UTF-8 become U+FFFD: old logs have names in Latin-1 in their comments, which say
 * nothing about the data.
 *
 * @throws UserError if it is absent, not readable, a folder, compressed, binary, too large or empty
 */
export async function readTextFile(path: string): Promise<TextFile> {
  const bytes = await readBytes(path);
  const start = bytes.toString("hex", 0, 4);
  const remedy = COMPRESSED.find(([magic]) => start.startsWith(magic))?.[1];
  if (remedy !== undefined) {
    throw new UserError(`${path}: the file is compressed; ${remedy}.`);
  }
  if (bytes.includes(0)) {
    const utf16 = start.startsWith("fffe") || start.startsWith("feff");
    throw new UserError(
      utf16
        ? `${path}: the text is in UTF-16; save it as UTF-8.`
        : `${path}: this is not a text file.`,
    );
  }
  const text = bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .replace(/\r\n?/g, "\n");
  if (text.trim() === "") throw new UserError(`${path}: the file is empty.`);
  return { name: path, text };
}
