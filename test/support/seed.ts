/** The seed of the property tests. */

/** Where a run's randomness begins, any text: the environment's HELIOMARKET_SEED. */
export const baseSeed = (): string => process.env["HELIOMARKET_SEED"] ?? "heliomarket";
