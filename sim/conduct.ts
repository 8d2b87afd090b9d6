/** What became of those who broke the rules, and what it cost the others: from the market's public record. */
import type { MarketAccess, Party } from "./agents/access.ts";
import type { Gains } from "./check.ts";
import { earnedDown, INITIAL_REPUTATION } from "./market/money.ts";
import type {
  ConductResult,
  HonestDataCentres,
  HonestUsers,
  MisconductRow,
  StrategyResult,
  TradeRow,
} from "./report/results.ts";
import { MISCONDUCTS, type Misconduct } from "./scenario/misconduct.ts";
import type { Scenario } from "./scenario/schema.ts";
import { microYuan, yuan } from "./units.ts";

/** A user or a data centre, and what it does wrong. */
export interface Judged {
  readonly party: Party;
  readonly isUser: boolean;
  readonly misconduct: Misconduct | undefined;
  /** Of a data centre, the number of its meter, whose conduct is the data centre's. */
  readonly meter?: bigint;
}

/** What happened to a party, money in micro-yuan. */
interface Fate {
  plansPunished: number;
  plansDropped: number;
  contractsExpired: number;
  transfersDefaulted: number;
  bonds: bigint;
  /** Paid for what it did not deliver itself. */
  penalties: bigint;
  /** Paid to users for work that another had in hand and did not do. */
  paidForOthers: bigint;
  /** Received for what another did not deliver. */
  compensation: bigint;
  reputation: bigint;
}

const NEW_FATE: Fate = {
  plansPunished: 0,
  plansDropped: 0,
  contractsExpired: 0,
  transfersDefaulted: 0,
  bonds: 0n,
  penalties: 0n,
  paidForOthers: 0n,
  compensation: 0n,
  reputation: INITIAL_REPUTATION,
};

/** What the scenario asks somebody to do wrong and nobody does, because the share rounds to no one. */
export function nobodys(
  { misbehaviour }: Scenario,
  strategies: readonly Pick<StrategyResult, "conduct">[],
): Misconduct[] {
  const kinds = strategies.flatMap(({ conduct }) => conduct?.kinds ?? []);
  return MISCONDUCTS.filter(
    (kind) => misbehaviour[kind] > 0 && kinds.every((row) => row.kind !== kind),
  );
}

/** Notes what happens to whom. */
export class ConductLog {
  private readonly access: MarketAccess;
  private readonly judged: Judged[] = [];
  private readonly fates = new Map<bigint, Fate>();
  private readonly contracts = new Map<bigint, { buyer: bigint; seller: bigint }>();
  private readonly transfers = new Map<
    bigint,
    { first: bigint; target: bigint; contractId: bigint }
  >();
  /** Contracts of which somebody else did not do what it had taken over. */
  private readonly failedByOthers = new Set<bigint>();
  private slotsNotRead = 0;

  constructor(access: MarketAccess) {
    this.access = access;
    this.listen();
  }

  /** Says who somebody is. */
  enter(one: Judged): void {
    this.judged.push(one);
  }

  /** Sums up the run. */
  result(trades: readonly TradeRow[], gains: Gains): ConductResult {
    const kinds = MISCONDUCTS.map((kind) => this.rowOf(kind)).filter(
      ({ users: some, dataCentres: others }) => some + others > 0,
    );
    const users = this.honestUsers(trades, gains);
    const dataCentres = this.honestDataCentres(trades);
    const honestLossYuan = users.lossYuan + dataCentres.lossYuan;
    return { kinds, users, dataCentres, slotsNotRead: this.slotsNotRead, honestLossYuan };
  }

  // ------------------------------------------------------------------ results

  private rowOf(kind: Misconduct): MisconductRow {
    const those = this.judged.filter(({ misconduct }) => misconduct === kind);
    const fates = those.map(({ party }) => this.fateOf(party.participant));
    const { refusals } = this.access;
    const refused = those.flatMap(({ party, meter = 0n }) => [party.participant, meter]);
    return {
      kind,
      users: those.filter(({ isUser }) => isUser).length,
      dataCentres: those.filter(({ isUser }) => !isUser).length,
      plansPunished: sum(fates.map((fate) => fate.plansPunished)),
      plansDropped: sum(fates.map((fate) => fate.plansDropped)),
      callsRefused: sum(refused.map((participant) => refusals.get(participant) ?? 0)),
      contractsExpired: sum(fates.map((fate) => fate.contractsExpired)),
      transfersDefaulted: sum(fates.map((fate) => fate.transfersDefaulted)),
      bondsYuan: yuan(total(fates.map((fate) => fate.bonds))),
      penaltiesYuan: yuan(total(fates.map((fate) => fate.penalties + fate.paidForOthers))),
      meanReputation: mean(fates),
    };
  }

  private honestUsers(trades: readonly TradeRow[], gains: Gains): HonestUsers {
    const honest = this.judged.filter(({ isUser, misconduct }) => isUser && !misconduct);
    const fates = honest.map(({ party }) => this.fateOf(party.participant));
    const gained = new Map(gains.users.map((gain) => [gain.id, gain.gained]));
    const sums = { paid: 0n, worth: 0n, expired: 0, compensation: 0n, loss: 0n };
    const byUser = groupBy(trades, ({ user }) => user);
    for (const [i, { party }] of honest.entries()) {
      const own = byUser.get(party.id) ?? [];
      const compensation = fates[i]?.compensation ?? 0n;
      let paid = 0n;
      for (const trade of own) {
        const worth = worthOf(trade, trade.bid_yuan_per_kwh);
        const price = microYuan(trade.paid_yuan);
        paid += price;
        sums.worth += worth;
        sums.loss += positive(price - worth);
        if (trade.status === "expired") sums.expired += 1;
      }
      sums.paid += paid;
      sums.compensation += compensation;
      sums.loss += positive(compensation - paid - (gained.get(party.id) ?? 0n));
    }
    return {
      count: honest.length,
      paidYuan: yuan(sums.paid),
      worthYuan: yuan(sums.worth),
      contractsExpired: sums.expired,
      compensationYuan: yuan(sums.compensation),
      lossYuan: yuan(sums.loss),
      meanReputation: mean(fates),
    };
  }

  private honestDataCentres(trades: readonly TradeRow[]): HonestDataCentres {
    const honest = this.judged.filter(({ isUser, misconduct }) => !isUser && !misconduct);
    const fates = honest.map(({ party }) => this.fateOf(party.participant));
    const names = new Set(honest.map(({ party }) => party.id));
    const own = trades.filter(({ dc }) => names.has(dc));
    const paid = own.map((trade) => microYuan(trade.paid_yuan));
    const worth = own.map((trade) => worthOf(trade, trade.offer_yuan_per_kwh));
    const underpaid = paid.map((amount, i) => positive((worth[i] ?? 0n) - amount));
    const taken = fates.map(
      (fate) => fate.bonds + positive(fate.paidForOthers - fate.compensation),
    );
    return {
      count: honest.length,
      incomeYuan: yuan(total(paid)),
      worthYuan: yuan(total(worth)),
      compensationYuan: yuan(total(fates.map((fate) => fate.compensation))),
      paidForOthersYuan: yuan(total(fates.map((fate) => fate.paidForOthers))),
      ownPenaltiesYuan: yuan(total(fates.map((fate) => fate.penalties))),
      lossYuan: yuan(total(underpaid) + total(taken)),
      meanReputation: mean(fates),
    };
  }

  private fateOf(participant: bigint): Fate {
    const known = this.fates.get(participant);
    if (known !== undefined) return known;
    const fate = { ...NEW_FATE };
    this.fates.set(participant, fate);
    return fate;
  }

  // ------------------------------------------------------------------ events

  private listen(): void {
    const { record } = this.access;
    record.on("PlanPunished", ({ participant, bond }) => {
      const fate = this.fateOf(participant as bigint);
      fate.plansPunished += 1;
      fate.bonds += bond as bigint;
    });
    record.on("PlanDropped", ({ participant, bond }) => {
      const fate = this.fateOf(participant as bigint);
      fate.plansDropped += 1;
      fate.bonds += bond as bigint;
    });
    record.on("ReputationChanged", ({ participant, reputation }) => {
      this.fateOf(participant as bigint).reputation = reputation as bigint;
    });
    record.on("ReadingsMissed", ({ fromSlot, toSlot }) => {
      this.slotsNotRead += Number((toSlot as bigint) - (fromSlot as bigint)) + 1;
    });
    this.listenToContracts();
  }

  private listenToContracts(): void {
    const { record } = this.access;
    record.on("Signed", ({ contractId, buyer, seller }) => {
      this.contracts.set(contractId as bigint, {
        buyer: buyer as bigint,
        seller: seller as bigint,
      });
    });
    record.on("Taken", ({ transferId, first, target, transfer }) => {
      const { contractId } = transfer as { contractId: bigint };
      this.transfers.set(transferId as bigint, {
        first: first as bigint,
        target: target as bigint,
        contractId,
      });
    });
    record.on("TransferDefaulted", ({ transferId, penalty }) => {
      const { first, target, contractId } = this.transfers.get(transferId as bigint) ?? UNKNOWN;
      const fate = this.fateOf(target);
      fate.transfersDefaulted += 1;
      fate.penalties += penalty as bigint;
      this.fateOf(first).compensation += penalty as bigint;
      this.failedByOthers.add(contractId);
    });
    record.on("ReturnClosed", ({ contractId, notExecuted }) => {
      if ((notExecuted as bigint) > 0n) this.failedByOthers.add(contractId as bigint);
    });
    record.on("Expired", ({ contractId, penalty }) => {
      const { buyer, seller } = this.contracts.get(contractId as bigint) ?? UNKNOWN;
      const fate = this.fateOf(seller);
      fate.contractsExpired += 1;
      if (this.failedByOthers.has(contractId as bigint)) fate.paidForOthers += penalty as bigint;
      else fate.penalties += penalty as bigint;
      this.fateOf(buyer).compensation += penalty as bigint;
    });
  }
}

const UNKNOWN = { first: 0n, target: 0n, contractId: 0n, buyer: 0n, seller: 0n };

const positive = (amount: bigint): bigint => (amount > 0n ? amount : 0n);

const sum = (values: readonly number[]): number => values.reduce((so, value) => so + value, 0);

const total = (values: readonly bigint[]): bigint => values.reduce((so, value) => so + value, 0n);

const mean = (fates: readonly Fate[]): number =>
  fates.length === 0 ? 0 : sum(fates.map(({ reputation }) => Number(reputation))) / fates.length;

/** Micro-yuan that what was delivered for a contract is worth at a price. */
const worthOf = (trade: TradeRow, yuanPerKWh: number): bigint =>
  earnedDown(
    BigInt(trade.energy_wh),
    microYuan(yuanPerKWh),
    BigInt(trade.delivered_core_seconds),
    BigInt(trade.core_seconds),
  );

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
