/** Files as text, whatever program wrote them. */
import { readFile } from "node:fs/promises";

import { UserError } from "../../errors.ts";

/** An error in a file that its reader can put right: where, what, and what to do. */
export const problem = (file: string, line: number | undefined, message: string): UserError =>
  new UserError(`${file}${line === undefined ? "" : `:${line}`}: ${message}`);

const REASONS: Record<string, string> = {
  ENOENT: "there is no such file. Check the path, which is relative to the scenario's file",
  EISDIR: "this is a folder. Name a file in it",
  EACCES: "this file may not be read. Check its permissions",
};

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new UserError(`${file}: ${REASONS[code] ?? message}.`, { cause: error });
  }
}

function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // What spreadsheets on Windows write; only the degree sign of a header is ever concerned.
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/**
 * The text of a file in UTF-8, UTF-16 or Windows-1252, without byte order mark, lines ended by "\n".
 *
 * @throws UserError if it cannot be read, is empty or is no text
 */
export async function readText(file: string): Promise<string> {
  const text = decode(await bytesOf(file)).replace(/^\uFEFF/, "");
  if (text.trim() === "") throw problem(file, undefined, "the file is empty.");
  // eslint-disable-next-line no-control-regex -- control characters are what tells a binary file
  if (/[\0-\x08\x0e-\x1f]/.test(text.slice(0, 65_536))) {
    throw problem(
      file,
      undefined,
      "this is not a text file (perhaps a workbook or an archive). Save it as CSV, or unpack it.",
    );
  }
  return text.replaceAll(/\r\n?/g, "\n");
}
