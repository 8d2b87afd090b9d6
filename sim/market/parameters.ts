/** Parameters of a market, as `MarketDirectory` takes them. Money is in micro-yuan, time in seconds. */
export interface MarketParameters {
  /** Unix time at which slot 0 begins. */
  readonly genesis: bigint;
  readonly slotSeconds: bigint;
  readonly commitSeconds: bigint;
  readonly revealSeconds: bigint;
  readonly beaconSeconds: bigint;
  /** How many of the cheapest fitting offers the draw is among: the paper's k, section 2.2. */
  readonly drawAmong: bigint;
  readonly sellerShareBps: bigint;
  readonly minDepositBps: bigint;
  readonly maxDepositBps: bigint;
  readonly lateReadingSlots: bigint;
  readonly buyerBond: bigint;
  readonly sellerBond: bigint;
  readonly beaconBond: bigint;
  readonly reputationPerKWh: bigint;
  readonly maxReputationRise: bigint;
  readonly defaultReputationFall: bigint;
  readonly unopenedReputationFall: bigint;
}

/** The defaults: hourly slots with 40, 15 and 5 minutes for commit, reveal and clearing. */
export const DEFAULT_PARAMETERS: MarketParameters = {
  genesis: 1_735_689_600n, // 2025-01-01T00:00:00Z
  slotSeconds: 3600n,
  commitSeconds: 2400n,
  revealSeconds: 900n,
  beaconSeconds: 120n,
  drawAmong: 3n,
  sellerShareBps: 5000n,
  minDepositBps: 500n,
  maxDepositBps: 2000n,
  lateReadingSlots: 24n,
  buyerBond: 1_000_000n,
  sellerBond: 5_000_000n,
  beaconBond: 50_000_000n,
  reputationPerKWh: 10n,
  maxReputationRise: 50n,
  defaultReputationFall: 500n,
  unopenedReputationFall: 250n,
};
