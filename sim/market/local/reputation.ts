/** The participants' reputation. */
import { INITIAL_REPUTATION, MAX_REPUTATION, WH_PER_KWH } from "../money.ts";
import type { LocalMarket } from "./market.ts";
import { StateList } from "./world.ts";

/** The paper's RV. */
export class LocalReputation {
  private readonly market: LocalMarket;
  private readonly values: StateList<bigint>;

  constructor(market: LocalMarket) {
    this.market = market;
    this.values = new StateList(market.world);
  }

  reputationOf(participant: bigint): bigint {
    return this.values.get(participant) ?? INITIAL_REPUTATION;
  }

  /** By how much work over `energy` Wh that was done raises a reputation. */
  riseFor(energy: bigint): bigint {
    const { reputationPerKWh, maxReputationRise } = this.market.options.parameters;
    const rise = (energy * reputationPerKWh) / WH_PER_KWH;
    return rise < maxReputationRise ? rise : maxReputationRise;
  }

  /** For an executed transfer over `energy` Wh. */
  reward(participant: bigint, energy: bigint): void {
    this.change(participant, this.riseFor(energy));
  }

  /** For a contract, a transfer or a beacon value that was not delivered. */
  penalizeDefault(participant: bigint): void {
    this.change(participant, -this.market.options.parameters.defaultReputationFall);
  }

  /** For a plan that was never opened. */
  penalizeUnopened(participant: bigint): void {
    this.change(participant, -this.market.options.parameters.unopenedReputationFall);
  }

  /** Within its bounds. */
  change(participant: bigint, by: bigint): void {
    const sum = this.reputationOf(participant) + by;
    const reputation = sum < 0n ? 0n : sum > MAX_REPUTATION ? MAX_REPUTATION : sum;
    this.values.set(participant, reputation);
    this.market.world.emit("ReputationChanged", { participant, reputation });
  }
}
