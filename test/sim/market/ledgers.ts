/** Both ledgers behave the same to whoever uses them. */
import { expect } from "chai";
import { id, Interface, Wallet, ZeroAddress, ZeroHash, type Signer } from "ethers";
import { artifacts, network } from "hardhat";

import { ChainLedger, transportOf, type LedgerPart } from "../../../sim/market/chainLedger.ts";
import { refOf } from "../../../sim/market/clearing.ts";
import { deployMarket, PARTS } from "../../../sim/market/deployment.ts";
import {
  describeError,
  LedgerQueryError,
  Phase,
  PlanStatus,
  Role,
  SupplyStatus,
  type Ledger,
  type Answer,
  type Outcome,
  type Plan,
} from "../../../sim/market/ledger.ts";
import { LocalLedger } from "../../../sim/market/localLedger.ts";
import { DEFAULT_PARAMETERS, type MarketParameters } from "../../../sim/market/parameters.ts";

const PARAMETERS: MarketParameters = {
  ...DEFAULT_PARAMETERS,
  genesis: BigInt(Date.UTC(2026, 0, 2) / 1000),
};
const FAR = 4_000_000_000n;
const YUAN = 1_000_000n;
const NAMES = ["admin", "user", "dataCentre", "meter", "gridOperator", "networkOperator"] as const;

type Name = (typeof NAMES)[number];

/** A ledger with its wallets, and a way to set the time of the next call. */
interface Setting {
  readonly ledger: Ledger;
  readonly wallets: Readonly<Record<Name, string>>;
  readonly vault: string;
  readonly at: (time: bigint) => Promise<void>;
}

const keys = NAMES.map((name) => new Wallet(id(`ledgers ${name}`)));
const holdersOf = (
  admin: string,
): Record<"registrar" | "issuer" | "pauser" | "treasurer", string> => ({
  registrar: admin,
  issuer: admin,
  pauser: admin,
  treasurer: admin,
});
const walletsOf = (addresses: readonly string[]): Record<Name, string> =>
  Object.fromEntries(NAMES.map((name, i) => [name, addresses[i]])) as Record<Name, string>;

function local(): Promise<Setting & { ledger: LocalLedger }> {
  const wallets = walletsOf(keys.map(({ address }) => address));
  const vault = new Wallet(id("vault")).address;
  const ledger = new LocalLedger({
    parameters: PARAMETERS,
    holders: holdersOf(wallets.admin),
    addresses: { vault, auction: ZeroAddress },
  });
  const at = (time: bigint): Promise<void> => {
    ledger.advanceTo(time);
    return Promise.resolve();
  };
  return Promise.resolve({ ledger, wallets, vault, at });
}

async function onChain(): Promise<Setting> {
  const { ethers, networkHelpers } = await network.create();
  const signers = new Map<string, Signer>();
  for (const key of keys) {
    const signer = key.connect(ethers.provider);
    await networkHelpers.setBalance(key.address, 10n ** 24n);
    signers.set(key.address, signer);
  }
  const wallets = walletsOf([...signers.keys()]);
  const deployer = signers.get(wallets.admin);
  if (deployer === undefined) throw new Error("There is no deployer.");
  const addresses = await deployMarket({
    deployer,
    factoryOf: (name) => ethers.getContractFactory(name),
    parameters: PARAMETERS,
    holders: holdersOf(wallets.admin),
  });
  const interfaces = {} as Record<LedgerPart, Interface>;
  for (const [part, name] of Object.entries({ ...PARTS, token: "SettlementToken" })) {
    const { abi } = await artifacts.readArtifact(name);
    interfaces[part as LedgerPart] = new Interface(abi as never);
  }
  const { chainId } = await ethers.provider.getNetwork();
  const ledger = new ChainLedger({
    transport: transportOf(signers),
    addresses,
    interfaces,
    chainId,
  });
  const at = (time: bigint): Promise<void> => networkHelpers.time.setNextBlockTimestamp(time);
  return { ledger, wallets, vault: addresses.vault, at };
}

/** What a call returned; fails the test if it was refused. */
async function done<T>(outcome: Answer<Outcome<T>>): Promise<T> {
  const result = await outcome;
  if (!result.ok) expect.fail(describeError(result.error));
  return result.value;
}

/** Why a call was refused; fails the test if it was not. */
async function refused(outcome: Answer<Outcome<unknown>>): Promise<string> {
  const result = await outcome;
  if (result.ok) expect.fail("the call was not refused");
  return describeError(result.error);
}

const startOf = (slot: bigint): bigint => PARAMETERS.genesis + slot * PARAMETERS.slotSeconds;

const USER = 1n;
const CENTRE = 2n;
const METER = 3n;
const GRID = 4n;
const NETWORK = 5n;

/** Enrols and funds everybody; at its end it is slot 1. */
async function settle({ ledger, wallets, vault, at }: Setting): Promise<void> {
  await at(startOf(0n) + 1n);
  for (const name of NAMES.slice(1) as Exclude<Name, "admin">[]) {
    const wallet = wallets[name];
    const enrolment = {
      id: name,
      wallet,
      role: Role[name],
      certificate: id(name),
      validUntil: FAR,
      expiry: FAR,
    };
    await done(ledger.enrol(wallet, enrolment, { signer: wallets.admin }));
    await done(ledger.mint(wallets.admin, wallet, 100n * YUAN));
    await done(ledger.approve(wallet, vault, 60n * YUAN));
    await done(ledger.deposit(wallet, 60n * YUAN));
  }
  await done(ledger.announce(wallets.gridOperator, 1n, 900_000n, 300_000n));
  await at(startOf(1n) + 1n);
  const site = {
    dataCentre: CENTRE,
    meter: METER,
    gridOperator: GRID,
    networkOperator: NETWORK,
    pvLimitWh: 50_000n,
    esdLimitWh: 50_000n,
    gridLimitWh: 50_000n,
    version: 1n,
  };
  await done(ledger.commission(wallets.dataCentre, site, { signer: wallets.admin }));
}

const SLOT = 2n;

const userPlan: Plan = {
  slot: SLOT,
  bidder: USER,
  bids: [
    {
      cores: 4n,
      coreSeconds: 14_400n,
      energy: 10_000n,
      maxPrice: 900_000n,
      earliest: SLOT,
      deadline: SLOT,
      priority: false,
    },
  ],
  offers: [],
  salt: id("user's salt"),
};

const centrePlan: Plan = {
  slot: SLOT,
  bidder: CENTRE,
  bids: [],
  offers: [{ price: 400_000n, energy: 20_000n, cores: 8n }],
  salt: id("data centre's salt"),
};

/** Signs contract 1 between user and data centre, by batches of a relayer. */
async function trade({ ledger, wallets, at }: Setting): Promise<void> {
  const relayer = wallets.networkOperator;
  const commitments = await Promise.all(
    (
      [
        [userPlan, wallets.user],
        [centrePlan, wallets.dataCentre],
        [centrePlan, wallets.meter],
      ] as const
    ).map(async ([plan, signer]) => ({
      commitment: {
        slot: SLOT,
        commitment: await ledger.commitmentOf(plan),
        replaces: 0n,
        expiry: FAR,
      },
      signature: { signer },
    })),
  );
  expect(await done(ledger.commitBatch(relayer, commitments))).to.deep.equal([
    { index: 2n, error: { name: "NotATrader", args: [METER] } },
  ]);
  await at(startOf(1n) + PARAMETERS.commitSeconds);
  const plans = [
    { plan: userPlan, signature: { signer: wallets.user } },
    { plan: centrePlan, signature: { signer: wallets.dataCentre } },
  ];
  expect(await done(ledger.revealBatch(relayer, plans))).to.deep.equal([]);
  expect(await ledger.disposableEnergy(CENTRE, SLOT)).to.equal(20_000n);
  expect(await ledger.bidOf(USER, 0n)).to.deep.equal(userPlan.bids[0]);
  expect(await ledger.offerOf(CENTRE, 0n)).to.deep.equal(centrePlan.offers[0]);
  await at(startOf(2n) - 60n);
  const lists = [[refOf(USER, 0)], [refOf(CENTRE, 0)]] as const;
  expect(await done(ledger.clear(relayer, SLOT, lists[0], lists[1], 0n))).to.equal(false);
  expect(await ledger.rankingOf(relayer)).to.deep.equal({ slot: SLOT, bids: 1n, offers: 1n });
  const outcome = await ledger.clear(relayer, SLOT, [], [], 10_000n);
  expect(outcome.ok && outcome.value).to.equal(true);
  const signed = outcome.ok && outcome.events.find(({ name }) => name === "Signed");
  expect(signed && signed.args).to.deep.equal({
    contractId: 1n,
    buyer: USER,
    seller: CENTRE,
    bid: 0n,
    offer: 0n,
    candidates: 1n,
    terms: {
      ...{ buyer: USER, seller: CENTRE, cores: 4n, coreSeconds: 14_400n, energy: 10_000n },
      ...{ price: 650_000n, firstSlot: SLOT, deadline: SLOT, priority: false, signed: SLOT },
    },
  });
  expect(await ledger.entriesOf(SLOT, [CENTRE, METER])).to.deep.equal([
    {
      ...{ ref: refOf(CENTRE, 0), seller: true, price: 400_000n, energy: 10_000n, cores: 4n },
      ...{ reputation: 5_000n, sequence: 2n },
    },
  ]);
}

function shouldBehaveLikeALedger(create: () => Promise<Setting>): void {
  let setting: Setting;

  beforeEach(async () => {
    setting = await create();
    await settle(setting);
  });

  it("takes a contract from sealed plans to payment and withdrawal", async () => {
    await trade(setting);
    const { ledger, wallets, at } = setting;
    expect((await ledger.bookOf(SLOT)).phase).to.equal(Phase.cleared);
    expect((await ledger.planOf(USER)).status).to.equal(PlanStatus.closed);
    expect((await ledger.planOf(CENTRE)).status).to.equal(PlanStatus.closed);

    await at(startOf(3n));
    const empty = {
      dataCentre: CENTRE,
      slot: 1n,
      part: 0n,
      last: true,
      pv: 0n,
      esdIn: 0n,
      esdOut: 0n,
      gridImport: 0n,
      gridExport: 0n,
      deliveries: [],
    };
    await done(ledger.submit(wallets.user, empty, { signer: wallets.meter }));
    const delivery = { contractId: 1n, coreSeconds: 14_400n, pv: 10_000n, esd: 0n, grid: 0n };
    const reading = { ...empty, slot: 2n, pv: 11_000n, gridExport: 1000n, deliveries: [delivery] };
    await done(ledger.submit(wallets.user, reading, { signer: wallets.meter }));

    expect((await ledger.contractOf(1n)).status).to.equal(SupplyStatus.fulfilled);
    await done(ledger.releaseBond(wallets.user));
    await done(ledger.releaseBond(wallets.dataCentre));
    // 10 kWh at 0.65 yuan, and 1 kWh exported at 0.30.
    expect(await ledger.accountOf(USER)).to.deep.equal({ available: 53_500_000n, locked: 0n });
    expect(await ledger.accountOf(CENTRE)).to.deep.equal({ available: 66_800_000n, locked: 0n });
    expect(await ledger.accountOf(GRID)).to.deep.equal({ available: 59_700_000n, locked: 0n });
    await done(ledger.withdraw(wallets.dataCentre, 66_800_000n, wallets.dataCentre));
    expect(await ledger.balanceOf(wallets.dataCentre)).to.equal(106_800_000n);
    expect(await ledger.reputationOf(USER)).to.equal(5050n);
  });

  it("changes nothing by a call that is refused in its midst", async () => {
    await trade(setting);
    const { ledger, wallets, at } = setting;
    await at(startOf(3n));
    const deliveries = [
      { contractId: 1n, coreSeconds: 7200n, pv: 5000n, esd: 0n, grid: 0n },
      { contractId: 2n, coreSeconds: 7200n, pv: 5000n, esd: 0n, grid: 0n },
    ];
    const reading = {
      dataCentre: CENTRE,
      slot: 1n,
      part: 0n,
      last: true,
      pv: 20_000n,
      esdIn: 0n,
      esdOut: 0n,
      gridImport: 0n,
      gridExport: 0n,
      deliveries: [],
    };
    await done(ledger.submit(wallets.user, reading, { signer: wallets.meter }));
    const before = await ledger.meterStateOf(CENTRE);
    const next = { ...reading, slot: 2n, deliveries };
    expect(await refused(ledger.submit(wallets.user, next, { signer: wallets.meter }))).to.equal(
      'UnknownContract("2")',
    );
    expect(await ledger.meterStateOf(CENTRE)).to.deep.equal(before);
    expect((await ledger.contractOf(1n)).delivered).to.equal(0n);
    expect((await ledger.accountOf(CENTRE)).available).to.be.lessThan(60n * YUAN);
  });

  it("tells why a call is refused", async () => {
    const { ledger, wallets, vault } = setting;
    expect(await refused(ledger.withdraw(wallets.user, 61n * YUAN, wallets.user))).to.equal(
      'InsufficientFunds("1", "60000000", "61000000")',
    );
    expect(await refused(ledger.mint(wallets.user, wallets.user, 1n))).to.equal(
      `AccessManagedUnauthorized("${wallets.user}")`,
    );
    expect(await refused(ledger.deposit(wallets.user, 1n))).to.equal(
      `ERC20InsufficientAllowance("${vault}", "0", "1")`,
    );
    expect(await refused(ledger.commit(wallets.user, SLOT, ZeroHash))).to.equal(
      "EmptyCommitment()",
    );
  });

  it("deposits with a permit, once", async () => {
    const { ledger, wallets, vault } = setting;
    const owner = wallets.user;
    const permit = { owner, spender: vault, value: YUAN, nonce: 0n, deadline: FAR };
    await done(ledger.depositWithPermit(owner, permit, { signer: owner }));
    expect(await ledger.accountOf(USER)).to.deep.equal({ available: 61n * YUAN, locked: 0n });
    expect(await ledger.nonces(owner)).to.equal(1n);
    expect(await refused(ledger.depositWithPermit(owner, permit, { signer: owner }))).to.equal(
      `ERC20InsufficientAllowance("${vault}", "0", "1000000")`,
    );
  });

  it("answers queries about nothing as the contracts do", async () => {
    const { ledger, wallets } = setting;
    const error = await Promise.resolve(ledger.contractOf(9n)).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(LedgerQueryError);
    expect((error as LedgerQueryError).error).to.deep.equal({
      name: "UnknownContract",
      args: [9n],
    });
    expect(await ledger.participantById("nobody")).to.equal(0n);
    expect(await ledger.participantOf(wallets.meter)).to.equal(METER);
    expect(await ledger.operators()).to.deep.equal([]);
    expect(await ledger.pricesAt(GRID, 1n)).to.deep.equal({
      importPrice: 900_000n,
      feedInPrice: 300_000n,
    });
    expect(await ledger.windowsOf(SLOT)).to.deep.equal({
      commitFrom: startOf(1n),
      revealFrom: startOf(1n) + 2400n,
      clearFrom: startOf(1n) + 3300n,
      lapseFrom: startOf(3n),
    });
  });
}

describe("LocalLedger", () => {
  shouldBehaveLikeALedger(local);

  it("refuses to go back in time", async () => {
    const { ledger } = await local();
    const time = await ledger.time();
    expect(time).to.equal(PARAMETERS.genesis);
    expect(() => {
      ledger.advanceTo(time - 1n);
    }).to.throw(RangeError, "Time cannot go back");
  });
});

describe("ChainLedger", () => {
  shouldBehaveLikeALedger(onChain);

  it("says which wallet it lacks", async () => {
    const { ledger } = await onChain();
    const stranger = new Wallet(id("stranger")).address;
    const error = await Promise.resolve(ledger.releaseBond(stranger)).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(Error);
    expect((error as Error).message).to.equal(`There is no wallet for ${stranger}.`);
  });
});
