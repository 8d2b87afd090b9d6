/** The local market's parts and how they find each other. */
import type { MarketAddresses, RoleHolders } from "../deployment.ts";
import type { Address } from "../ledger.ts";
import type { MarketParameters } from "../parameters.ts";
import { LocalAuction } from "./auction.ts";
import { LocalBeacon } from "./beacon.ts";
import { LocalIdentities } from "./identities.ts";
import { LocalMeters } from "./meters.ts";
import { LocalReputation } from "./reputation.ts";
import { LocalSupply } from "./supply.ts";
import { LocalTariff } from "./tariff.ts";
import { LocalToken } from "./token.ts";
import { LocalTransfers } from "./transfers.ts";
import { LocalVault } from "./vault.ts";
import { refuse, World } from "./world.ts";

/** What is fixed when a market is deployed. */
export interface LocalMarketOptions {
  readonly parameters: MarketParameters;
  readonly holders: RoleHolders;
  /** The addresses that occur in digests and errors. */
  readonly addresses: Pick<MarketAddresses, "auction" | "vault">;
  readonly chainId: bigint;
  /** What a commitment is: the plan's digest or only its salt. */
  readonly commitments: "digest" | "salt";
  /** Time that it begins at, Unix seconds. */
  readonly begin: bigint;
}

/** All contracts of a market in one process. */
export class LocalMarket {
  readonly options: LocalMarketOptions;
  readonly world: World;
  readonly token: LocalToken;
  readonly identities: LocalIdentities;
  readonly vault: LocalVault;
  readonly reputation: LocalReputation;
  readonly tariff: LocalTariff;
  readonly meters: LocalMeters;
  readonly beacon: LocalBeacon;
  readonly auction: LocalAuction;
  readonly supply: LocalSupply;
  readonly transfers: LocalTransfers;

  constructor(options: LocalMarketOptions) {
    this.options = options;
    this.world = new World(options.parameters, options.begin);
    this.token = new LocalToken(this);
    this.identities = new LocalIdentities(this);
    this.vault = new LocalVault(this);
    this.reputation = new LocalReputation(this);
    this.tariff = new LocalTariff(this);
    this.meters = new LocalMeters(this);
    this.beacon = new LocalBeacon(this);
    this.auction = new LocalAuction(this);
    this.supply = new LocalSupply(this);
    this.transfers = new LocalTransfers(this);
  }

  /** Refuses callers that do not hold the role. */
  requireHolder(caller: Address, role: keyof RoleHolders): void {
    if (this.options.holders[role] !== caller) refuse("AccessManagedUnauthorized", caller);
  }
}
