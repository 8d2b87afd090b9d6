/** Parameters of a market from a JSON file, checked as `MarketDirectory` checks them, with errors for people. */
import { UserError } from "../errors.ts";
import { DEFAULT_PARAMETERS, type MarketParameters } from "./parameters.ts";

type Key = keyof MarketParameters;

const KEYS = Object.keys(DEFAULT_PARAMETERS) as Key[];
const BPS = 10_000n;
const MAX_REPUTATION = 10_000n;

const bits = (count: bigint): bigint => 2n ** count - 1n;

/** Lowest and highest value of each parameter; `contracts/MarketDirectory.sol` is the other half. */
function boundsOf(p: MarketParameters): Record<Key, readonly [lowest: bigint, highest: bigint]> {
  const windows = p.commitSeconds + p.revealSeconds;
  return {
    slotSeconds: [4n, 604_800n],
    genesis: [p.slotSeconds, bits(40n)],
    commitSeconds: [1n, p.slotSeconds - 2n],
    revealSeconds: [1n, p.slotSeconds - 1n - p.commitSeconds],
    beaconSeconds: [1n, p.slotSeconds - windows],
    drawAmong: [1n, 8n],
    sellerShareBps: [0n, BPS],
    maxDepositBps: [0n, BPS],
    minDepositBps: [0n, p.maxDepositBps],
    lateReadingSlots: [1n, 1000n],
    buyerBond: [0n, bits(64n)],
    sellerBond: [0n, bits(64n)],
    beaconBond: [0n, bits(64n)],
    reputationPerKWh: [0n, bits(16n)],
    maxReputationRise: [0n, MAX_REPUTATION - 1n],
    defaultReputationFall: [p.maxReputationRise + 1n, MAX_REPUTATION],
    unopenedReputationFall: [p.maxReputationRise + 1n, MAX_REPUTATION],
  };
}

/** Whole numbers as JSON numbers or decimal strings; the genesis as a date, too. */
function parseValue(key: Key, value: unknown): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== "string") return undefined;
  if (/^\d+$/.test(value)) return BigInt(value);
  if (key !== "genesis" || !/^\d{4}-\d{2}-\d{2}T[\d:]+Z$/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : BigInt(time / 1000);
}

/** What is wrong with the parameters, one line each that names the key; empty if nothing is. */
export function parameterProblems(parameters: MarketParameters): string[] {
  const bounds = boundsOf(parameters);
  return KEYS.filter((key) => {
    const [lowest, highest] = bounds[key];
    return parameters[key] < lowest || parameters[key] > highest;
  }).map((key) => {
    const [lowest, highest] = bounds[key];
    const rule =
      highest < lowest
        ? "the other parameters leave no value for it"
        : `it must be from ${lowest} to ${highest}`;
    return `${key} is ${parameters[key]}; ${rule}`;
  });
}

/**
 * Reads parameters from JSON; what is not given is as in `defaults`.
 *
 * @param text a JSON object with keys of `MarketParameters`: whole numbers, decimal strings, and for
 * `genesis` also a date such as "2026-01-01T00:00:00Z"
 * @param source named in errors
 * @throws with all that is wrong, one line per key
 */
export function parseParameters(
  text: string,
  source: string,
  defaults: MarketParameters,
): MarketParameters {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${source} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UserError(`${source} is not a JSON object of parameters.`);
  }
  const problems: string[] = [];
  const given: Partial<Record<Key, bigint>> = {};
  for (const [name, value] of Object.entries(json)) {
    const key = KEYS.find((candidate) => candidate === name);
    if (key === undefined) {
      problems.push(`${name} is no parameter; there are ${KEYS.join(", ")}`);
      continue;
    }
    const parsed = parseValue(key, value);
    if (parsed === undefined) {
      const date = key === "genesis" ? ', or a date such as "2026-01-01T00:00:00Z"' : "";
      problems.push(
        `${name} is ${JSON.stringify(value)}; it must be a whole number, not below 0${date}`,
      );
    } else {
      given[key] = parsed;
    }
  }
  const parameters = { ...defaults, ...given };
  if (problems.length === 0) problems.push(...parameterProblems(parameters));
  if (problems.length !== 0) throw new UserError(`${source}:\n  ${problems.join("\n  ")}`);
  return parameters;
}
