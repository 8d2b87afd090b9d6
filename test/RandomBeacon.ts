import { expect } from "chai";
import { id, toBeHex, ZeroHash } from "ethers";

import {
  contributionOf,
  deployAtGenesis,
  hashChain,
  leaveChainAsFound,
  maxUint,
  mineAt,
  nextBlockAt,
  startOf,
  type HashChain,
} from "./support/chain.ts";
import {
  enrol,
  freshWallet,
  fund,
  networkHelpers,
  ROLE,
  toSlot,
  YUAN,
  type Market,
  type Participant,
} from "./support/market.ts";

const BOND = 50n * YUAN;
const MAX_LENGTH = 8784n;

/** First second at which a slot's values can be opened, and the first at which it is too late. */
const opensAt = (market: Market, slot: bigint): bigint => startOf(market, slot - 1n) + 3300n;
const closesAt = (market: Market, slot: bigint): bigint => opensAt(market, slot) + 120n;

/** An operator with its bond in the vault, in slot 0. */
async function enrolOperator(market: Market): Promise<Participant> {
  const operator = await enrol(market, "beacon");
  await fund(market, operator, BOND);
  return operator;
}

async function fixture() {
  const market = await deployAtGenesis();
  const operator = await enrolOperator(market);
  return { market, operator, beacon: market.beacon.connect(operator.wallet) };
}

interface Operator extends Participant {
  readonly chain: HashChain;
}

/** Enrols an operator and commits it to a chain. */
async function commitOperator(market: Market, firstSlot = 2n, length = 3n): Promise<Operator> {
  const operator = await enrolOperator(market);
  const chain = hashChain(operator.id, firstSlot, length);
  await market.beacon.connect(operator.wallet).commitChain(chain.anchor, firstSlot, length);
  return { ...operator, chain };
}

/** Two operators with chains for slots 2 to 4. */
async function committed() {
  const market = await deployAtGenesis();
  const first = await commitOperator(market);
  const second = await commitOperator(market);
  return { market, beacon: market.beacon, first, second };
}

const open = (market: Market, operator: Operator, slot: bigint) =>
  market.beacon.open(operator.number, slot, operator.chain.at(slot));

/** Opens an operator's values up to and including `to`, each in its window. */
async function openThrough(market: Market, operator: Operator, from: bigint, to: bigint) {
  for (let slot = from; slot <= to; slot += 1n) {
    await nextBlockAt(opensAt(market, slot));
    await open(market, operator, slot);
  }
}

describe("RandomBeacon", () => {
  leaveChainAsFound();

  it("belongs to its directory and begins without operators", async () => {
    const { market, beacon } = await networkHelpers.loadFixture(fixture);
    expect(await beacon.directory()).to.equal(market.addresses.directory);
    expect(await beacon.operators()).to.deep.equal([]);
    expect(await beacon.chainOf(1n)).to.deep.equal([ZeroHash, 0n, 0n, false]);
  });

  describe("commitChain", () => {
    it("locks the bond and puts the chain in force", async () => {
      const { market, beacon, operator } = await networkHelpers.loadFixture(fixture);
      const anchor = id("anchor");
      await expect(beacon.commitChain(anchor, 2n, 10n))
        .to.emit(beacon, "ChainCommitted")
        .withArgs(operator.number, anchor, 2n, 11n);
      expect(await beacon.chainOf(operator.number)).to.deep.equal([anchor, 2n, 11n, true]);
      expect(await beacon.operators()).to.deep.equal([operator.number]);
      expect(await market.vault.accountOf(operator.number)).to.deep.equal([0n, BOND]);
    });

    it("reverts for anybody but an active beacon operator", async () => {
      const { market, beacon, operator } = await networkHelpers.loadFixture(fixture);
      const user = await enrol(market, "user");
      await expect(beacon.connect(user.wallet).commitChain(id("anchor"), 2n, 1n))
        .to.be.revertedWithCustomError(market.identities, "WrongRole")
        .withArgs(user.number, ROLE.user, ROLE.beacon);
      await market.identities.revoke(operator.number);
      await expect(beacon.commitChain(id("anchor"), 2n, 1n))
        .to.be.revertedWithCustomError(market.identities, "ParticipantRevoked")
        .withArgs(operator.number);
    });

    it("reverts without the bond", async () => {
      const { market, beacon, operator } = await networkHelpers.loadFixture(fixture);
      await market.vault.connect(operator.wallet).withdraw(1n, operator.wallet);
      await expect(beacon.commitChain(id("anchor"), 2n, 1n))
        .to.be.revertedWithCustomError(market.vault, "InsufficientFunds")
        .withArgs(operator.number, BOND - 1n, BOND);
      expect(await beacon.operators()).to.deep.equal([]);
    });

    it("reverts while a chain is in force", async () => {
      const { market, beacon, operator } = await networkHelpers.loadFixture(fixture);
      await beacon.commitChain(id("anchor"), 2n, 1n);
      await fund(market, operator, BOND);
      await expect(beacon.commitChain(id("another"), 9n, 1n))
        .to.be.revertedWithCustomError(beacon, "ChainActive")
        .withArgs(operator.number);
    });

    it("reverts for a first slot whose commit window has opened or opens next", async () => {
      const { market, beacon } = await networkHelpers.loadFixture(fixture);
      await nextBlockAt(startOf(market, 4n) - 1n);
      await expect(beacon.commitChain(id("anchor"), 4n, 1n))
        .to.be.revertedWithCustomError(beacon, "InvalidChain")
        .withArgs(4n, 1n, 5n, MAX_LENGTH);
      await nextBlockAt(startOf(market, 4n));
      await expect(beacon.commitChain(id("anchor"), 5n, 1n))
        .to.be.revertedWithCustomError(beacon, "InvalidChain")
        .withArgs(5n, 1n, 6n, MAX_LENGTH);
    });

    it("takes a first slot two after the current one until that slot's last second", async () => {
      const { market, beacon, operator } = await networkHelpers.loadFixture(fixture);
      await nextBlockAt(startOf(market, 4n) - 1n);
      await beacon.commitChain(id("anchor"), 5n, 1n);
      expect(await beacon.chainOf(operator.number)).to.deep.equal([id("anchor"), 5n, 5n, true]);
    });

    it("takes the furthest first slot and the longest chain, and reverts for more", async () => {
      const { beacon, operator } = await networkHelpers.loadFixture(fixture);
      const furthest = 2n + MAX_LENGTH;
      const cases = [
        [furthest + 1n, 1n],
        [2n, MAX_LENGTH + 1n],
        [2n, 0n],
        [maxUint(32n), 1n],
        [2n, maxUint(32n)],
      ] as const;
      for (const [firstSlot, length] of cases) {
        await expect(beacon.commitChain(id("anchor"), firstSlot, length))
          .to.be.revertedWithCustomError(beacon, "InvalidChain")
          .withArgs(firstSlot, length, 2n, MAX_LENGTH);
      }
      await beacon.commitChain(id("anchor"), furthest, MAX_LENGTH);
      expect(await beacon.chainOf(operator.number)).to.deep.equal([
        id("anchor"),
        furthest,
        furthest + MAX_LENGTH - 1n,
        true,
      ]);
    });

    it("takes eight operators, and a ninth when one has gone", async () => {
      const market = await deployAtGenesis();
      const operators: Operator[] = [];
      for (let i = 0; i < 8; i += 1) operators.push(await commitOperator(market, 2n, 1n));
      expect(await market.beacon.operators()).to.deep.equal(operators.map(({ number }) => number));
      const ninth = await enrolOperator(market);
      const asNinth = market.beacon.connect(ninth.wallet);
      await expect(asNinth.commitChain(id("anchor"), 2n, 1n))
        .to.be.revertedWithCustomError(asNinth, "TooManyOperators")
        .withArgs(8n);
      await mineAt(closesAt(market, 2n));
      await market.beacon.slash(operators[0]!.number);
      await asNinth.commitChain(id("anchor"), 9n, 1n);
      expect(await market.beacon.operators()).to.deep.equal([
        operators[7]!.number,
        ...operators.slice(1, 7).map(({ number }) => number),
        ninth.number,
      ]);
    });
  });

  describe("open", () => {
    it("reverts for an operator without a chain", async () => {
      const { market, beacon, operator } = await networkHelpers.loadFixture(fixture);
      await mineAt(opensAt(market, 2n));
      await expect(beacon.open(operator.number, 2n, id("value")))
        .to.be.revertedWithCustomError(beacon, "NoChain")
        .withArgs(operator.number);
    });

    it("reverts a second before the window, and opens in its first", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      const from = opensAt(market, 2n);
      await nextBlockAt(from - 1n);
      await expect(open(market, first, 2n))
        .to.be.revertedWithCustomError(beacon, "WrongWindow")
        .withArgs(2n, from, from + 120n, from - 1n);
      await nextBlockAt(from);
      await expect(open(market, first, 2n))
        .to.emit(beacon, "ValueOpened")
        .withArgs(first.number, 2n, first.chain.at(2n));
      expect(await beacon.chainOf(first.number)).to.deep.equal([first.chain.at(2n), 3n, 4n, true]);
    });

    it("reverts when the window is over, and opens in its last second", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      const from = opensAt(market, 2n);
      await nextBlockAt(from + 120n);
      await expect(open(market, first, 2n))
        .to.be.revertedWithCustomError(beacon, "WrongWindow")
        .withArgs(2n, from, from + 120n, from + 120n);
      await nextBlockAt(from + 119n);
      await open(market, first, 2n);
      expect((await beacon.chainOf(first.number)).nextSlot).to.equal(3n);
    });

    it("can be sent by anybody who has the value", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      const stranger = await freshWallet();
      await nextBlockAt(opensAt(market, 2n));
      await beacon.connect(stranger).open(first.number, 2n, first.chain.at(2n));
      expect((await beacon.chainOf(first.number)).nextSlot).to.equal(3n);
    });

    it("reverts for another slot than the next", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      await nextBlockAt(opensAt(market, 2n));
      for (const slot of [1n, 3n]) {
        await expect(beacon.open(first.number, slot, first.chain.at(2n)))
          .to.be.revertedWithCustomError(beacon, "WrongSlot")
          .withArgs(slot, 2n);
      }
      await open(market, first, 2n);
      await expect(open(market, first, 2n))
        .to.be.revertedWithCustomError(beacon, "WrongSlot")
        .withArgs(2n, 3n);
    });

    it("reverts for a value that is not the preimage", async () => {
      const { market, beacon, first, second } = await networkHelpers.loadFixture(committed);
      await nextBlockAt(opensAt(market, 2n));
      for (const value of [first.chain.anchor, first.chain.at(3n), second.chain.at(2n), ZeroHash]) {
        await expect(beacon.open(first.number, 2n, value))
          .to.be.revertedWithCustomError(beacon, "NotThePreimage")
          .withArgs(value, first.chain.anchor);
      }
      await open(market, first, 2n);
      await nextBlockAt(opensAt(market, 3n));
      await expect(beacon.open(first.number, 3n, first.chain.at(2n)))
        .to.be.revertedWithCustomError(beacon, "NotThePreimage")
        .withArgs(first.chain.at(2n), first.chain.at(2n));
    });

    it("opens a chain to its end, and reverts beyond it", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      await openThrough(market, first, 2n, 4n);
      expect((await beacon.chainOf(first.number)).nextSlot).to.equal(5n);
      await nextBlockAt(opensAt(market, 5n));
      await expect(beacon.open(first.number, 5n, id("value")))
        .to.be.revertedWithCustomError(beacon, "NoChain")
        .withArgs(first.number);
    });

    it("goes on for an operator that was revoked", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      await market.identities.revoke(first.number);
      await nextBlockAt(opensAt(market, 2n));
      await open(market, first, 2n);
      expect((await beacon.chainOf(first.number)).nextSlot).to.equal(3n);
    });
  });

  describe("slash", () => {
    it("reverts for an operator without a chain", async () => {
      const { beacon, operator } = await networkHelpers.loadFixture(fixture);
      await expect(beacon.slash(operator.number))
        .to.be.revertedWithCustomError(beacon, "NoChain")
        .withArgs(operator.number);
    });

    it("reverts until the window's last second, and slashes in the next", async () => {
      const { market, beacon, first, second } = await networkHelpers.loadFixture(committed);
      await nextBlockAt(closesAt(market, 2n) - 1n);
      await expect(beacon.slash(first.number))
        .to.be.revertedWithCustomError(beacon, "NothingMissed")
        .withArgs(first.number, 2n);
      await nextBlockAt(closesAt(market, 2n));
      const transaction = beacon.slash(first.number);
      await expect(transaction).to.emit(beacon, "OperatorSlashed").withArgs(first.number, 2n, BOND);
      await expect(transaction)
        .to.emit(market.vault, "ReputationChanged")
        .withArgs(first.number, 4500n);
      expect(await market.vault.accountOf(first.number)).to.deep.equal([0n, 0n]);
      expect(await market.vault.penaltyPool()).to.equal(BOND);
      expect(await beacon.operators()).to.deep.equal([second.number]);
      expect((await beacon.chainOf(first.number)).active).to.equal(false);
    });

    it("slashes once", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      await mineAt(closesAt(market, 2n));
      await beacon.slash(first.number);
      await expect(beacon.slash(first.number))
        .to.be.revertedWithCustomError(beacon, "NoChain")
        .withArgs(first.number);
      await expect(open(market, first, 2n))
        .to.be.revertedWithCustomError(beacon, "NoChain")
        .withArgs(first.number);
      await expect(beacon.retire(first.number))
        .to.be.revertedWithCustomError(beacon, "NoChain")
        .withArgs(first.number);
      expect(await market.vault.penaltyPool()).to.equal(BOND);
    });

    it("names the slot that was missed first, after others were opened", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      await openThrough(market, first, 2n, 2n);
      await expect(beacon.slash(first.number))
        .to.be.revertedWithCustomError(beacon, "NothingMissed")
        .withArgs(first.number, 3n);
      await mineAt(closesAt(market, 9n));
      await expect(beacon.slash(first.number))
        .to.emit(beacon, "OperatorSlashed")
        .withArgs(first.number, 3n, BOND);
    });

    it("reverts when the chain was opened to its end", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      await openThrough(market, first, 2n, 4n);
      await mineAt(closesAt(market, 5n));
      await expect(beacon.slash(first.number))
        .to.be.revertedWithCustomError(beacon, "NothingMissed")
        .withArgs(first.number, 5n);
    });

    it("slashes for the chain's last value, too", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      await openThrough(market, first, 2n, 3n);
      await mineAt(closesAt(market, 4n));
      await expect(beacon.slash(first.number))
        .to.emit(beacon, "OperatorSlashed")
        .withArgs(first.number, 4n, BOND);
    });

    it("lets the operator begin anew with another bond", async () => {
      const { market, beacon, first, second } = await networkHelpers.loadFixture(committed);
      await mineAt(closesAt(market, 2n));
      await beacon.slash(first.number);
      await fund(market, first, BOND);
      const chain = hashChain("anew", 3n, 1n);
      await beacon.connect(first.wallet).commitChain(chain.anchor, 3n, 1n);
      expect(await beacon.operators()).to.deep.equal([second.number, first.number]);
      await nextBlockAt(opensAt(market, 3n));
      await beacon.open(first.number, 3n, chain.at(3n));
      expect((await beacon.chainOf(first.number)).nextSlot).to.equal(4n);
    });

    it("removes exactly the operator, wherever it stands", async () => {
      for (const place of [0, 1, 2]) {
        const market = await deployAtGenesis();
        const operators: Operator[] = [];
        for (let i = 0; i < 3; i += 1) operators.push(await commitOperator(market));
        await mineAt(closesAt(market, 2n));
        const { number } = operators[place]!;
        await market.beacon.slash(number);
        const left = operators.map((operator) => operator.number).filter((n) => n !== number);
        expect([...(await market.beacon.operators())].sort()).to.deep.equal(left.sort());
      }
    });
  });

  describe("retire", () => {
    it("reverts for an operator without a chain", async () => {
      const { beacon, operator } = await networkHelpers.loadFixture(fixture);
      await expect(beacon.retire(operator.number))
        .to.be.revertedWithCustomError(beacon, "NoChain")
        .withArgs(operator.number);
    });

    it("reverts until the last value is open", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      await openThrough(market, first, 2n, 3n);
      await expect(beacon.retire(first.number))
        .to.be.revertedWithCustomError(beacon, "ChainNotOver")
        .withArgs(first.number, 4n);
    });

    it("makes the bond available, whoever calls, once", async () => {
      const { market, beacon, first, second } = await networkHelpers.loadFixture(committed);
      await openThrough(market, first, 2n, 4n);
      const stranger = await freshWallet();
      await expect(beacon.connect(stranger).retire(first.number))
        .to.emit(beacon, "ChainRetired")
        .withArgs(first.number);
      expect(await market.vault.accountOf(first.number)).to.deep.equal([BOND, 0n]);
      expect(await beacon.operators()).to.deep.equal([second.number]);
      expect((await beacon.chainOf(first.number)).active).to.equal(false);
      await expect(beacon.retire(first.number))
        .to.be.revertedWithCustomError(beacon, "NoChain")
        .withArgs(first.number);
      expect(await market.reputation.reputationOf(first.number)).to.equal(5000n);
    });

    it("lets the operator go on with a new chain", async () => {
      const { market, beacon, first } = await networkHelpers.loadFixture(committed);
      await openThrough(market, first, 2n, 4n);
      await beacon.retire(first.number);
      await beacon.connect(first.wallet).commitChain(id("next"), 5n, 1n);
      expect(await market.vault.accountOf(first.number)).to.deep.equal([0n, BOND]);
    });
  });

  describe("valueAt", () => {
    it("is not final before the window, and final after it, without operators", async () => {
      const { market } = await networkHelpers.loadFixture(fixture);
      await mineAt(opensAt(market, 2n) - 1n);
      expect(await market.beacon.valueAt(2n)).to.deep.equal([false, ZeroHash]);
      await mineAt(opensAt(market, 2n));
      expect(await market.beacon.valueAt(2n)).to.deep.equal([true, ZeroHash]);
      expect(await market.beacon.valueAt(3n)).to.deep.equal([false, ZeroHash]);
    });

    it("is final as soon as all have opened, and combines their values", async () => {
      const { market, first, second } = await networkHelpers.loadFixture(committed);
      await mineAt(opensAt(market, 2n));
      expect(await market.beacon.valueAt(2n)).to.deep.equal([false, ZeroHash]);
      await open(market, first, 2n);
      const one = contributionOf(first.number, first.chain.at(2n));
      expect(await market.beacon.valueAt(2n)).to.deep.equal([false, toBeHex(one, 32)]);
      await open(market, second, 2n);
      const both = BigInt.asUintN(256, one + contributionOf(second.number, second.chain.at(2n)));
      expect(await market.beacon.valueAt(2n)).to.deep.equal([true, toBeHex(both, 32)]);
      expect(await market.beacon.valueAt(3n)).to.deep.equal([false, ZeroHash]);
    });

    it("does not depend on the order of the openings, wrapping round", async () => {
      const { market, first, second } = await networkHelpers.loadFixture(committed);
      const snapshot = await networkHelpers.takeSnapshot();
      const values: string[] = [];
      for (const operators of [
        [first, second],
        [second, first],
      ]) {
        await snapshot.restore();
        await nextBlockAt(opensAt(market, 2n));
        for (const operator of operators) await open(market, operator, 2n);
        values.push((await market.beacon.valueAt(2n)).value);
      }
      expect(values[0]).to.equal(values[1]);
    });

    it("is final when the window is over, whoever has opened", async () => {
      const { market, first } = await networkHelpers.loadFixture(committed);
      await nextBlockAt(opensAt(market, 2n));
      await open(market, first, 2n);
      const value = toBeHex(contributionOf(first.number, first.chain.at(2n)), 32);
      await mineAt(closesAt(market, 2n) - 1n);
      expect(await market.beacon.valueAt(2n)).to.deep.equal([false, value]);
      await mineAt(closesAt(market, 2n));
      expect(await market.beacon.valueAt(2n)).to.deep.equal([true, value]);
    });

    it("does not wait for an operator that missed an earlier slot", async () => {
      const { market, beacon, first, second } = await networkHelpers.loadFixture(committed);
      await openThrough(market, first, 2n, 2n);
      await nextBlockAt(opensAt(market, 3n));
      await open(market, first, 3n);
      expect(await market.beacon.valueAt(3n)).to.deep.equal([
        true,
        toBeHex(contributionOf(first.number, first.chain.at(3n)), 32),
      ]);
      expect((await beacon.chainOf(second.number)).nextSlot).to.equal(2n);
    });

    it("does not wait for a chain that begins later or is over", async () => {
      const market = await deployAtGenesis();
      await commitOperator(market, 3n, 1n);
      const over = await commitOperator(market, 2n, 1n);
      await mineAt(opensAt(market, 2n));
      expect((await market.beacon.valueAt(2n))[0]).to.equal(false);
      await open(market, over, 2n);
      expect((await market.beacon.valueAt(2n))[0]).to.equal(true);
      await mineAt(opensAt(market, 3n));
      expect((await market.beacon.valueAt(3n))[0]).to.equal(false);
      await mineAt(opensAt(market, 4n));
      expect((await market.beacon.valueAt(4n))[0]).to.equal(true);
    });

    it("does not wait for the slot after a chain's last", async () => {
      const market = await deployAtGenesis();
      const operator = await commitOperator(market, 2n, 1n);
      await openThrough(market, operator, 2n, 2n);
      await mineAt(opensAt(market, 3n));
      expect(await market.beacon.valueAt(3n)).to.deep.equal([true, ZeroHash]);
    });

    it("keeps what an operator opened that was slashed or retired", async () => {
      const { market, beacon, first, second } = await networkHelpers.loadFixture(committed);
      await nextBlockAt(opensAt(market, 2n));
      await open(market, first, 2n);
      await open(market, second, 2n);
      const before = await market.beacon.valueAt(2n);
      await toSlot(market, 3n);
      await beacon.slash(first.number);
      expect(await market.beacon.valueAt(2n)).to.deep.equal(before);
    });
  });

  it("needs no bond where the market asks for none", async () => {
    const market = await deployAtGenesis({ beaconBond: 0n });
    const operator = await enrol(market, "beacon");
    const chain = hashChain("free", 2n, 1n);
    await market.beacon.connect(operator.wallet).commitChain(chain.anchor, 2n, 1n);
    await nextBlockAt(opensAt(market, 2n));
    await market.beacon.open(operator.number, 2n, chain.at(2n));
    await market.beacon.retire(operator.number);
    expect(await market.vault.accountOf(operator.number)).to.deep.equal([0n, 0n]);
  });
});
