import { expect } from "chai";

import { MarketAccess } from "../../sim/agents/access.ts";
import { PublicRecord } from "../../sim/agents/record.ts";
import type { Gains } from "../../sim/check.ts";
import { ConductLog } from "../../sim/conduct.ts";
import { LocalLedger } from "../../sim/market/localLedger.ts";
import { DEFAULT_PARAMETERS } from "../../sim/market/parameters.ts";
import type { ConductResult, TradeRow } from "../../sim/report/results.ts";
import type { Misconduct } from "../../sim/scenario/misconduct.ts";

const WALLET = "0x0000000000000000000000000000000000000001";
const [USER, CENTRE, OTHER] = [1n, 2n, 3n];

/** A contract of an honest user with the honest data centre: 2 kWh, of which half was delivered. */
const trade = (changes: Partial<TradeRow> = {}): TradeRow => ({
  contract: 1,
  hour: 1,
  task: 0,
  user: "user",
  dc: "centre",
  cores: 1,
  core_seconds: 7200,
  energy_wh: 2000,
  bid_yuan_per_kwh: 1.2,
  price_yuan_per_kwh: 1,
  offer_yuan_per_kwh: 0.8,
  candidates: 1,
  priority: false,
  deadline_hour: 9,
  status: "expired",
  delivered_core_seconds: 3600,
  paid_yuan: 1,
  pv_wh: 1000,
  esd_wh: 0,
  grid_wh: 0,
  ...changes,
});

type Event = readonly [name: string, args: Record<string, bigint | Record<string, bigint>>];

/** What the log makes of events; the other data centre under-delivers. */
function judge(
  events: readonly Event[],
  trades: readonly TradeRow[] = [trade()],
  userGained = -1_000_000n,
  kind: Misconduct = "underDeliver",
): ConductResult {
  const holders = { registrar: WALLET, issuer: WALLET, pauser: WALLET, treasurer: WALLET };
  const ledger = new LocalLedger({
    parameters: DEFAULT_PARAMETERS,
    holders,
    addresses: { auction: WALLET, vault: WALLET },
    commitments: "salt",
  });
  const record = new PublicRecord();
  const access = new MarketAccess(ledger, record, DEFAULT_PARAMETERS, ({ salt }) => salt, 0);
  const log = new ConductLog(access);
  for (const [id, participant, misconduct] of [
    ["user", USER, undefined],
    ["centre", CENTRE, undefined],
    ["other", OTHER, kind],
  ] as const)
    log.enter({ party: { id, wallet: WALLET, participant }, isUser: id === "user", misconduct });
  record.publish(events.map(([name, args]) => ({ name, args })));
  const none = { id: "", gained: 0n };
  const gains: Gains = {
    users: [{ id: "user", gained: userGained }],
    dataCentres: [],
    grids: [],
    network: none,
    penaltyPool: 0n,
    locked: 0n,
  };
  return log.result(trades, gains);
}

const SIGNED: Event = ["Signed", { contractId: 1n, buyer: USER, seller: CENTRE }];
const EXPIRED: Event = ["Expired", { contractId: 1n, penalty: 100_000n, returned: 0n }];
const TAKEN: Event = [
  "Taken",
  { transferId: 7n, first: CENTRE, target: OTHER, transfer: { contractId: 1n } },
];
const defaulted = (penalty: bigint): Event => [
  "TransferDefaulted",
  { transferId: 7n, notExecuted: 3600n, penalty },
];

describe("ConductLog", () => {
  it("finds no loss where all got what they paid for", () => {
    const { users, dataCentres, honestLossYuan } = judge([SIGNED]);
    expect(honestLossYuan).to.equal(0);
    expect(users).to.include({ count: 1, paidYuan: 1, worthYuan: 1.2, contractsExpired: 1 });
    expect(dataCentres).to.include({ count: 1, incomeYuan: 1, worthYuan: 0.8 });
  });

  it("expects a user's account to be made good what was not delivered", () => {
    const late = [SIGNED, EXPIRED];
    expect(judge(late, [trade()], -900_000n).users).to.include({
      compensationYuan: 0.1,
      lossYuan: 0,
    });
    expect(judge(late, [trade()], -900_001n).users.lossYuan).to.equal(0.000001);
  });

  it("finds what a user paid above its bid, and a data centre got below its offer", () => {
    const dear = judge([SIGNED], [trade({ paid_yuan: 1.200001 })], -1_200_001n);
    expect(dear.users.lossYuan).to.equal(0.000001);
    const cheap = judge([SIGNED], [trade({ paid_yuan: 0.799999 })], -799_999n);
    expect(cheap.dataCentres.lossYuan).to.equal(0.000001);
    expect(cheap.honestLossYuan).to.equal(0.000001);
  });

  it("finds bonds of honest parties that are gone", () => {
    const bond = (participant: bigint): Event => ["PlanPunished", { participant, bond: 5n }];
    expect(judge([SIGNED, bond(CENTRE)]).dataCentres.lossYuan).to.equal(0.000005);
    expect(judge([SIGNED, bond(USER)], [trade()], -1_000_005n).users.lossYuan).to.equal(0.000005);
    const { honestLossYuan, kinds } = judge([SIGNED, bond(OTHER)]);
    expect(honestLossYuan).to.equal(0);
    expect(kinds[0]).to.include({ kind: "underDeliver", plansPunished: 1, bondsYuan: 0.000005 });
  });

  it("holds what a data centre pays for others against what it gets from them", () => {
    const covered = judge([SIGNED, TAKEN, defaulted(100_000n), EXPIRED], [trade()], -900_000n);
    expect(covered.dataCentres).to.include({
      compensationYuan: 0.1,
      paidForOthersYuan: 0.1,
      ownPenaltiesYuan: 0,
      lossYuan: 0,
    });
    expect(covered.kinds[0]).to.include({ transfersDefaulted: 1, penaltiesYuan: 0.1 });
    const short = judge([SIGNED, TAKEN, defaulted(99_999n), EXPIRED], [trade()], -900_000n);
    expect(short.dataCentres.lossYuan).to.equal(0.000001);
  });

  it("counts what a data centre did not do in time itself as its own", () => {
    const { dataCentres } = judge([SIGNED, EXPIRED], [trade()], -900_000n);
    expect(dataCentres).to.include({ ownPenaltiesYuan: 0.1, paidForOthersYuan: 0, lossYuan: 0 });
  });

  it("takes work that was handed back and not done for another's failure", () => {
    const closed: Event = ["ReturnClosed", { transferId: 7n, contractId: 1n, notExecuted: 1n }];
    const { dataCentres } = judge([SIGNED, closed, EXPIRED], [trade()], -900_000n);
    expect(dataCentres).to.include({ paidForOthersYuan: 0.1, lossYuan: 0.1 });
  });

  it("counts slots that were never read", () => {
    const missed: Event = ["ReadingsMissed", { dataCentre: OTHER, fromSlot: 3n, toSlot: 5n }];
    expect(judge([missed], []).slotsNotRead).to.equal(3);
  });
});
