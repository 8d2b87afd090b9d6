/** Checks of what a command's options say. */
import { UserError } from "./errors.ts";

/** Highest number of a TCP port. */
const HIGHEST_PORT = 65_535;

/** @throws UserError if an option's number is not a whole one within its limits */
export function requireWhole(
  option: string,
  value: number,
  lowest: number,
  highest = Infinity,
): void {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return;
  const range = highest === Infinity ? `from ${lowest} on` : `from ${lowest} to ${highest}`;
  throw new UserError(`--${option} must be a whole number ${range}, is ${value}.`);
}

/** @throws UserError if an option's number is no TCP port; 0 is one, and any that is free */
export const requirePort = (option: string, port: number): void => {
  requireWhole(option, port, 0, HIGHEST_PORT);
};

/** @throws UserError if an option's text is empty, as that of a shell's variable that is not set */
export function requireFilled(options: object): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (typeof value !== "string" || value.trim() !== "") continue;
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UserError(`--${option} is empty; give it a value, or leave it out.`);
  }
}
