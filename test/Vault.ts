import { expect } from "chai";
import { Signature, ZeroAddress } from "ethers";

import {
  asPart,
  deployAtGenesis,
  latestTime,
  leaveChainAsFound,
  maxUint,
  nextBlockAt,
  OVERFLOW,
} from "./support/chain.ts";
import {
  enrol,
  ethers,
  FAR_FUTURE,
  freshWallet,
  fund,
  networkHelpers,
  YUAN,
  type Market,
  type Participant,
} from "./support/market.ts";

const MARKET_PARTS = ["auction", "supply", "transfers", "meters", "beacon"] as const;
const MAX_VAULT = maxUint(112n);

/** A participant `alice` with 10 yuan in the vault and 5 in its wallet, and an empty one, `bob`. */
async function fixture() {
  const market = await deployAtGenesis();
  const alice = await enrol(market, "user");
  const bob = await enrol(market, "dataCentre");
  await fund(market, alice, 10n * YUAN);
  await market.token.mint(alice.wallet.address, 5n * YUAN);
  await market.token.connect(alice.wallet).approve(market.addresses.vault, 5n * YUAN);
  const vault = market.vault;
  return { market, vault, alice, bob, asAlice: vault.connect(alice.wallet) };
}

/** The same with 4 of alice's 10 yuan locked, and the vault as the auction sees it. */
async function locked() {
  const deployed = await fixture();
  const asAuction = deployed.vault.connect(await asPart(deployed.market, "auction"));
  await asAuction.lock(deployed.alice.number, 4n * YUAN);
  return { ...deployed, asAuction };
}

/** The same with 3 yuan in the penalty pool. */
async function pooled() {
  const deployed = await locked();
  await deployed.asAuction.seize(deployed.alice.number, 3n * YUAN);
  return deployed;
}

async function expectAccount(market: Market, { number }: Participant, ...account: bigint[]) {
  expect(await market.vault.accountOf(number)).to.deep.equal(account);
}

/** The vault's tokens are its accounts' and its pool's. */
async function expectBalanced(market: Market, ...participants: Participant[]) {
  let sum = await market.vault.penaltyPool();
  for (const { number } of participants) {
    const { available, locked } = await market.vault.accountOf(number);
    sum += available + locked;
  }
  expect(await market.token.balanceOf(market.addresses.vault)).to.equal(sum);
}

describe("Vault", () => {
  leaveChainAsFound();

  it("belongs to its directory, holds its token and begins empty", async () => {
    const market = await deployAtGenesis();
    expect(await market.vault.directory()).to.equal(market.addresses.directory);
    expect(await market.vault.token()).to.equal(market.addresses.token);
    expect(await market.vault.penaltyPool()).to.equal(0n);
    expect(await market.vault.accountOf(1n)).to.deep.equal([0n, 0n]);
  });

  describe("deposit", () => {
    it("reverts for a wallet of nobody", async () => {
      const { market, vault } = await networkHelpers.loadFixture(fixture);
      const stranger = await freshWallet();
      await expect(vault.connect(stranger).deposit(1n))
        .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
        .withArgs(stranger.address);
    });

    it("reverts for nothing", async () => {
      const { vault, asAlice } = await networkHelpers.loadFixture(fixture);
      await expect(asAlice.deposit(0n)).to.be.revertedWithCustomError(vault, "ZeroAmount");
    });

    it("reverts for more than was approved, or than there is", async () => {
      const { market, vault, alice, asAlice } = await networkHelpers.loadFixture(fixture);
      await expect(asAlice.deposit(5n * YUAN + 1n))
        .to.be.revertedWithCustomError(market.token, "ERC20InsufficientAllowance")
        .withArgs(market.addresses.vault, 5n * YUAN, 5n * YUAN + 1n);
      await market.token.connect(alice.wallet).approve(vault, 6n * YUAN);
      await expect(asAlice.deposit(5n * YUAN + 1n))
        .to.be.revertedWithCustomError(market.token, "ERC20InsufficientBalance")
        .withArgs(alice.wallet.address, 5n * YUAN, 5n * YUAN + 1n);
    });

    it("makes what it takes available", async () => {
      const { market, vault, alice, bob, asAlice } = await networkHelpers.loadFixture(fixture);
      await expect(asAlice.deposit(5n * YUAN))
        .to.emit(vault, "Deposited")
        .withArgs(alice.number, alice.wallet.address, 5n * YUAN);
      await expectAccount(market, alice, 15n * YUAN, 0n);
      await expectAccount(market, bob, 0n, 0n);
      expect(await market.token.balanceOf(alice.wallet.address)).to.equal(0n);
      await expectBalanced(market, alice, bob);
    });

    it("takes deposits of the revoked, and when commitments are paused", async () => {
      const { market, alice, asAlice } = await networkHelpers.loadFixture(fixture);
      await market.identities.revoke(alice.number);
      await market.auction.setPaused(true);
      await asAlice.deposit(1n);
      await expectAccount(market, alice, 10n * YUAN + 1n, 0n);
    });

    it("holds up to 2^112 - 1 in all, and reverts for one more", async () => {
      const { market, vault, alice, asAlice } = await networkHelpers.loadFixture(fixture);
      const most = MAX_VAULT - 10n * YUAN;
      await market.token.mint(alice.wallet.address, most);
      await market.token.connect(alice.wallet).approve(vault, most + 1n);
      await expect(asAlice.deposit(most + 1n))
        .to.be.revertedWithCustomError(vault, "AmountTooLarge")
        .withArgs(most + 1n);
      await asAlice.deposit(most);
      await expectAccount(market, alice, MAX_VAULT, 0n);
      await asAlice.withdraw(MAX_VAULT, alice.wallet.address);
      await expectAccount(market, alice, 0n, 0n);
    });

    it("reverts for amounts beyond 112 bits, whatever the vault holds", async () => {
      const { vault, asAlice } = await networkHelpers.loadFixture(fixture);
      for (const amount of [MAX_VAULT + 1n, maxUint(256n)]) {
        await expect(asAlice.deposit(amount))
          .to.be.revertedWithCustomError(vault, "AmountTooLarge")
          .withArgs(amount);
      }
      const empty = await deployAtGenesis();
      const carol = await enrol(empty, "user");
      await empty.token.mint(carol.wallet.address, MAX_VAULT + 1n);
      await empty.token.connect(carol.wallet).approve(empty.addresses.vault, MAX_VAULT + 1n);
      const asCarol = empty.vault.connect(carol.wallet);
      await expect(asCarol.deposit(MAX_VAULT + 1n))
        .to.be.revertedWithCustomError(vault, "AmountTooLarge")
        .withArgs(MAX_VAULT + 1n);
      await asCarol.deposit(MAX_VAULT);
      await expectAccount(empty, carol, MAX_VAULT, 0n);
    });

    it("does not count what is sent without a deposit", async () => {
      const { market, vault, alice, asAlice } = await networkHelpers.loadFixture(fixture);
      await market.token.connect(alice.wallet).transfer(vault, YUAN);
      await asAlice.deposit(YUAN);
      await expectAccount(market, alice, 11n * YUAN, 0n);
      expect(await vault.penaltyPool()).to.equal(0n);
      expect(await market.token.balanceOf(vault)).to.equal(12n * YUAN);
    });
  });

  describe("depositFor", () => {
    it("reverts for a participant that does not exist", async () => {
      const { market, asAlice } = await networkHelpers.loadFixture(fixture);
      for (const unknown of [0n, 3n, maxUint(32n)]) {
        await expect(asAlice.depositFor(unknown, 1n))
          .to.be.revertedWithCustomError(market.identities, "UnknownParticipant")
          .withArgs(unknown);
      }
    });

    it("reverts for nothing", async () => {
      const { vault, bob, asAlice } = await networkHelpers.loadFixture(fixture);
      await expect(asAlice.depositFor(bob.number, 0n)).to.be.revertedWithCustomError(
        vault,
        "ZeroAmount",
      );
    });

    it("pays for another participant", async () => {
      const { market, vault, alice, bob, asAlice } = await networkHelpers.loadFixture(fixture);
      await expect(asAlice.depositFor(bob.number, 2n * YUAN))
        .to.emit(vault, "Deposited")
        .withArgs(bob.number, alice.wallet.address, 2n * YUAN);
      await expectAccount(market, alice, 10n * YUAN, 0n);
      await expectAccount(market, bob, 2n * YUAN, 0n);
      await expectBalanced(market, alice, bob);
    });

    it("can be paid by a wallet of nobody", async () => {
      const { market, vault, bob } = await networkHelpers.loadFixture(fixture);
      const stranger = await freshWallet();
      await market.token.mint(stranger.address, 7n);
      await market.token.connect(stranger).approve(vault, 7n);
      await vault.connect(stranger).depositFor(bob.number, 7n);
      await expectAccount(market, bob, 7n, 0n);
    });
  });

  describe("depositWithPermit", () => {
    const PERMIT_TYPES = {
      Permit: [
        { name: "owner", type: "address" },
        { name: "spender", type: "address" },
        { name: "value", type: "uint256" },
        { name: "nonce", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    };

    /** Alice has approved nothing, and signs permits. */
    async function permitting() {
      const deployed = await fixture();
      const { market, alice } = deployed;
      await market.token.connect(alice.wallet).approve(market.addresses.vault, 0n);
      const permit = async (value: bigint, deadline = FAR_FUTURE) => {
        const { v, r, s } = Signature.from(
          await alice.wallet.signTypedData(
            {
              name: "Helio Yuan",
              version: "1",
              chainId: market.chainId,
              verifyingContract: market.addresses.token,
            },
            PERMIT_TYPES,
            {
              owner: alice.wallet.address,
              spender: market.addresses.vault,
              value,
              nonce: await market.token.nonces(alice.wallet.address),
              deadline,
            },
          ),
        );
        return [v, r, s] as const;
      };
      return { ...deployed, permit };
    }

    it("approves and deposits in one", async () => {
      const { market, vault, alice, asAlice, permit } =
        await networkHelpers.loadFixture(permitting);
      await expect(asAlice.depositWithPermit(3n * YUAN, FAR_FUTURE, ...(await permit(3n * YUAN))))
        .to.emit(vault, "Deposited")
        .withArgs(alice.number, alice.wallet.address, 3n * YUAN);
      await expectAccount(market, alice, 13n * YUAN, 0n);
      expect(await market.token.allowance(alice.wallet.address, vault)).to.equal(0n);
    });

    it("works when somebody else has used the permit up", async () => {
      const { market, vault, alice, asAlice, permit } =
        await networkHelpers.loadFixture(permitting);
      const signature = await permit(3n * YUAN);
      await market.token.permit(alice.wallet, vault, 3n * YUAN, FAR_FUTURE, ...signature);
      await asAlice.depositWithPermit(3n * YUAN, FAR_FUTURE, ...signature);
      await expectAccount(market, alice, 13n * YUAN, 0n);
    });

    it("reverts for want of an allowance when the permit is worth nothing", async () => {
      const { market, vault, asAlice, permit } = await networkHelpers.loadFixture(permitting);
      const [v, r, s] = await permit(3n * YUAN);
      await expect(asAlice.depositWithPermit(3n * YUAN + 1n, FAR_FUTURE, v, r, s))
        .to.be.revertedWithCustomError(market.token, "ERC20InsufficientAllowance")
        .withArgs(await vault.getAddress(), 0n, 3n * YUAN + 1n);
    });

    it("reverts after the permit's deadline, and works in its last second", async () => {
      const { market, alice, asAlice, permit } = await networkHelpers.loadFixture(permitting);
      const deadline = (await latestTime()) + 100n;
      const signature = await permit(1n, deadline);
      await nextBlockAt(deadline + 1n);
      await expect(
        asAlice.depositWithPermit(1n, deadline, ...signature),
      ).to.be.revertedWithCustomError(market.token, "ERC20InsufficientAllowance");
      await nextBlockAt(deadline);
      await asAlice.depositWithPermit(1n, deadline, ...signature);
      await expectAccount(market, alice, 10n * YUAN + 1n, 0n);
    });

    it("reverts for nothing", async () => {
      const { vault, asAlice, permit } = await networkHelpers.loadFixture(permitting);
      await expect(
        asAlice.depositWithPermit(0n, FAR_FUTURE, ...(await permit(0n))),
      ).to.be.revertedWithCustomError(vault, "ZeroAmount");
    });

    it("reverts for a wallet of nobody", async () => {
      const { market, vault, permit } = await networkHelpers.loadFixture(permitting);
      const stranger = await freshWallet();
      await expect(vault.connect(stranger).depositWithPermit(1n, FAR_FUTURE, ...(await permit(1n))))
        .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
        .withArgs(stranger.address);
    });
  });

  describe("withdraw", () => {
    it("reverts for a wallet of nobody", async () => {
      const { market, vault } = await networkHelpers.loadFixture(fixture);
      await expect(vault.withdraw(1n, market.admin.address))
        .to.be.revertedWithCustomError(market.identities, "UnknownWallet")
        .withArgs(market.admin.address);
    });

    it("reverts for nothing", async () => {
      const { vault, alice, asAlice } = await networkHelpers.loadFixture(fixture);
      await expect(asAlice.withdraw(0n, alice.wallet)).to.be.revertedWithCustomError(
        vault,
        "ZeroAmount",
      );
    });

    it("reverts for more than is available", async () => {
      const { vault, alice, asAlice } = await networkHelpers.loadFixture(locked);
      for (const amount of [6n * YUAN + 1n, MAX_VAULT + 1n, maxUint(256n)]) {
        await expect(asAlice.withdraw(amount, alice.wallet))
          .to.be.revertedWithCustomError(vault, "InsufficientFunds")
          .withArgs(alice.number, 6n * YUAN, amount);
      }
    });

    it("pays all that is available to whom it is told", async () => {
      const { market, vault, alice, bob, asAlice } = await networkHelpers.loadFixture(locked);
      await expect(asAlice.withdraw(6n * YUAN, bob.wallet.address))
        .to.emit(vault, "Withdrawn")
        .withArgs(alice.number, bob.wallet.address, 6n * YUAN);
      await expectAccount(market, alice, 0n, 4n * YUAN);
      await expectAccount(market, bob, 0n, 0n);
      expect(await market.token.balanceOf(bob.wallet.address)).to.equal(6n * YUAN);
      expect(await market.token.balanceOf(alice.wallet.address)).to.equal(5n * YUAN);
      await expectBalanced(market, alice, bob);
    });

    it("pays a part and keeps the rest", async () => {
      const { market, alice, asAlice } = await networkHelpers.loadFixture(fixture);
      await asAlice.withdraw(1n, alice.wallet);
      await expectAccount(market, alice, 10n * YUAN - 1n, 0n);
    });

    it("pays when commitments are paused and the participant is revoked and expired", async () => {
      const market = await deployAtGenesis();
      const alice = await enrol(market, "user");
      await fund(market, alice, YUAN);
      await market.auction.setPaused(true);
      await market.identities.revoke(alice.number);
      await nextBlockAt(FAR_FUTURE + 1n);
      await market.vault.connect(alice.wallet).withdraw(YUAN, alice.wallet);
      expect(await market.token.balanceOf(alice.wallet.address)).to.equal(YUAN);
    });

    it("reverts for a payment to nobody or to the vault itself", async () => {
      const { market, vault, asAlice } = await networkHelpers.loadFixture(fixture);
      await expect(asAlice.withdraw(1n, ZeroAddress))
        .to.be.revertedWithCustomError(market.token, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
      await expect(asAlice.withdraw(3n, vault))
        .to.be.revertedWithCustomError(vault, "TokenTransferMismatch")
        .withArgs(3n, 0n);
    });
  });

  describe("payOut", () => {
    it("reverts for anybody but the treasurer", async () => {
      const { vault, alice, asAlice } = await networkHelpers.loadFixture(pooled);
      await expect(asAlice.payOut(1n, alice.wallet))
        .to.be.revertedWithCustomError(vault, "AccessManagedUnauthorized")
        .withArgs(alice.wallet.address);
    });

    it("reverts for more than the pool holds", async () => {
      const { vault, bob } = await networkHelpers.loadFixture(pooled);
      for (const amount of [3n * YUAN + 1n, maxUint(256n)]) {
        await expect(vault.payOut(amount, bob.wallet))
          .to.be.revertedWithCustomError(vault, "InsufficientPool")
          .withArgs(3n * YUAN, amount);
      }
    });

    it("pays out of the pool, and of nothing else", async () => {
      const { market, vault, alice, bob } = await networkHelpers.loadFixture(pooled);
      await expect(vault.payOut(YUAN, bob.wallet.address))
        .to.emit(vault, "PaidOut")
        .withArgs(bob.wallet.address, YUAN);
      expect(await vault.penaltyPool()).to.equal(2n * YUAN);
      await vault.payOut(2n * YUAN, bob.wallet.address);
      expect(await vault.penaltyPool()).to.equal(0n);
      expect(await market.token.balanceOf(bob.wallet.address)).to.equal(3n * YUAN);
      await expectAccount(market, alice, 6n * YUAN, YUAN);
      await expectBalanced(market, alice, bob);
      await expect(vault.payOut(1n, bob.wallet.address))
        .to.be.revertedWithCustomError(vault, "InsufficientPool")
        .withArgs(0n, 1n);
    });
  });

  describe("market only", () => {
    const calls = {
      lock: [1n, 1n],
      tryLock: [1n, 1n],
      unlock: [1n, 1n],
      unlockEach: [[1n | (1n << 32n)]],
      settle: [1n, 2n, 1n, 1n, 0n],
      payAvailable: [1n, 2n, 1n],
      seize: [1n, 1n],
    } as const;

    for (const [name, args] of Object.entries(calls)) {
      it(`${name} reverts for everyone else`, async () => {
        const { market, vault, alice } = await networkHelpers.loadFixture(locked);
        const strangers = [alice.wallet, market.admin];
        const others = ["identities", "reputation", "tariff", "directory", "token"] as const;
        for (const stranger of [
          ...strangers,
          ...(await Promise.all(others.map((part) => asPart(market, part)))),
        ]) {
          await expect(vault.connect(stranger).getFunction(name)(...args))
            .to.be.revertedWithCustomError(vault, "NotMarket")
            .withArgs(stranger.address);
        }
        await expectAccount(market, alice, 6n * YUAN, 4n * YUAN);
      });

      it(`${name} can be called by each of the market's contracts that settle`, async () => {
        const { market, vault, alice } = await networkHelpers.loadFixture(locked);
        for (const part of MARKET_PARTS) {
          await vault.connect(await asPart(market, part)).getFunction(name)(...args);
        }
        const n = BigInt(MARKET_PARTS.length);
        const change = {
          lock: [-n, n],
          tryLock: [-n, n],
          unlock: [n, -n],
          unlockEach: [n, -n],
          settle: [n, -2n * n],
          payAvailable: [-n, 0n],
          seize: [0n, -n],
        }[name]!;
        await expectAccount(market, alice, 6n * YUAN + change[0]!, 4n * YUAN + change[1]!);
      });
    }
  });

  describe("lock", () => {
    it("reverts for more than is available", async () => {
      const { asAuction, vault, alice } = await networkHelpers.loadFixture(locked);
      for (const amount of [6n * YUAN + 1n, MAX_VAULT + 1n, maxUint(256n)]) {
        await expect(asAuction.lock(alice.number, amount))
          .to.be.revertedWithCustomError(vault, "InsufficientFunds")
          .withArgs(alice.number, 6n * YUAN, amount);
      }
    });

    it("locks all that is available", async () => {
      const { asAuction, market, alice, bob } = await networkHelpers.loadFixture(locked);
      await asAuction.lock(alice.number, 6n * YUAN);
      await expectAccount(market, alice, 0n, 10n * YUAN);
      await expectBalanced(market, alice, bob);
    });
  });

  describe("tryLock", () => {
    it("does nothing and says so when there is too little", async () => {
      const { asAuction, market, alice } = await networkHelpers.loadFixture(locked);
      for (const amount of [6n * YUAN + 1n, maxUint(256n)]) {
        expect(await asAuction.tryLock.staticCall(alice.number, amount)).to.equal(false);
        await asAuction.tryLock(alice.number, amount);
      }
      await expectAccount(market, alice, 6n * YUAN, 4n * YUAN);
    });

    it("locks all that is available and says so", async () => {
      const { asAuction, market, alice } = await networkHelpers.loadFixture(locked);
      expect(await asAuction.tryLock.staticCall(alice.number, 6n * YUAN)).to.equal(true);
      await asAuction.tryLock(alice.number, 6n * YUAN);
      await expectAccount(market, alice, 0n, 10n * YUAN);
    });
  });

  describe("unlock", () => {
    it("makes locked funds available", async () => {
      const { asAuction, market, alice, bob } = await networkHelpers.loadFixture(locked);
      await asAuction.unlock(alice.number, YUAN);
      await expectAccount(market, alice, 7n * YUAN, 3n * YUAN);
      await asAuction.unlock(alice.number, 3n * YUAN);
      await expectAccount(market, alice, 10n * YUAN, 0n);
      await expectBalanced(market, alice, bob);
    });

    it("reverts for more than is locked", async () => {
      const { asAuction, vault, alice } = await networkHelpers.loadFixture(locked);
      for (const amount of [4n * YUAN + 1n, maxUint(256n)]) {
        await expect(asAuction.unlock(alice.number, amount))
          .to.be.revertedWithCustomError(vault, "InsufficientLock")
          .withArgs(alice.number, 4n * YUAN, amount);
      }
    });
  });

  describe("unlockEach", () => {
    const packed = ({ number }: Participant, amount: bigint): bigint => number | (amount << 32n);

    it("makes locked funds of each available, also of the same twice", async () => {
      const { asAuction, market, alice, bob } = await networkHelpers.loadFixture(locked);
      await fund(market, bob, 2n * YUAN);
      await asAuction.lock(bob.number, 2n * YUAN);
      await asAuction.unlockEach([]);
      await asAuction.unlockEach([packed(alice, YUAN), packed(bob, 2n * YUAN), packed(alice, 2n)]);
      await expectAccount(market, alice, 7n * YUAN + 2n, 3n * YUAN - 2n);
      await expectAccount(market, bob, 2n * YUAN, 0n);
      await expectBalanced(market, alice, bob);
    });

    it("reverts for more than one has locked", async () => {
      const { asAuction, vault, alice, bob } = await networkHelpers.loadFixture(locked);
      await expect(asAuction.unlockEach([packed(alice, 4n * YUAN), packed(alice, 1n)]))
        .to.be.revertedWithCustomError(vault, "InsufficientLock")
        .withArgs(alice.number, 0n, 1n);
      await expect(asAuction.unlockEach([packed(alice, 1n), packed(bob, maxUint(224n))]))
        .to.be.revertedWithCustomError(vault, "InsufficientLock")
        .withArgs(bob.number, 0n, maxUint(224n));
    });
  });

  describe("settle", () => {
    /** Bob has 5 yuan, of which 2 are locked. */
    async function both() {
      const deployed = await locked();
      await fund(deployed.market, deployed.bob, 5n * YUAN);
      await deployed.asAuction.lock(deployed.bob.number, 2n * YUAN);
      return deployed;
    }

    it("pays from locked to available funds, and unlocks on both sides", async () => {
      const { asAuction, market, alice, bob } = await networkHelpers.loadFixture(both);
      await asAuction.settle(alice.number, bob.number, 100n, 20n, 3n);
      await expectAccount(market, alice, 6n * YUAN + 20n, 4n * YUAN - 120n);
      await expectAccount(market, bob, 3n * YUAN + 103n, 2n * YUAN - 3n);
      await expectBalanced(market, alice, bob);
    });

    for (const [name, args, first, second] of [
      ["only pays", [4n * YUAN, 0n, 0n], [6n, 0n], [7n, 2n]],
      ["only unlocks for the payer", [0n, 4n * YUAN, 0n], [10n, 0n], [3n, 2n]],
      ["only unlocks for the payee", [0n, 0n, 2n * YUAN], [6n, 4n], [5n, 0n]],
      ["does all of it", [3n * YUAN, 1n * YUAN, 2n * YUAN], [7n, 0n], [8n, 0n]],
      ["does nothing", [0n, 0n, 0n], [6n, 4n], [3n, 2n]],
    ] as const) {
      it(`${name}, up to all that is locked`, async () => {
        const { asAuction, market, alice, bob } = await networkHelpers.loadFixture(both);
        await asAuction.settle(alice.number, bob.number, ...args);
        await expectAccount(market, alice, ...first.map((yuan) => yuan * YUAN));
        await expectAccount(market, bob, ...second.map((yuan) => yuan * YUAN));
        await expectBalanced(market, alice, bob);
      });
    }

    it("may pay oneself", async () => {
      const { asAuction, market, alice, bob } = await networkHelpers.loadFixture(both);
      await asAuction.settle(alice.number, alice.number, YUAN, YUAN, YUAN);
      await expectAccount(market, alice, 9n * YUAN, YUAN);
      await expectBalanced(market, alice, bob);
      await expect(asAuction.settle(alice.number, alice.number, 0n, YUAN, 1n))
        .to.be.revertedWithCustomError(asAuction, "InsufficientLock")
        .withArgs(alice.number, 0n, 1n);
    });

    it("reverts for more than the payer has locked", async () => {
      const { asAuction, vault, alice, bob } = await networkHelpers.loadFixture(both);
      for (const [paid, unlocked] of [
        [4n * YUAN + 1n, 0n],
        [0n, 4n * YUAN + 1n],
        [3n * YUAN, YUAN + 1n],
        [maxUint(255n), 0n],
      ] as const) {
        await expect(asAuction.settle(alice.number, bob.number, paid, unlocked, 0n))
          .to.be.revertedWithCustomError(vault, "InsufficientLock")
          .withArgs(alice.number, 4n * YUAN, paid + unlocked);
      }
    });

    it("reverts for more than the payee has locked", async () => {
      const { asAuction, vault, alice, bob } = await networkHelpers.loadFixture(both);
      await expect(asAuction.settle(alice.number, bob.number, YUAN, 0n, 2n * YUAN + 1n))
        .to.be.revertedWithCustomError(vault, "InsufficientLock")
        .withArgs(bob.number, 2n * YUAN, 2n * YUAN + 1n);
    });

    it("panics for a sum that wraps round", async () => {
      const { asAuction, alice, bob } = await networkHelpers.loadFixture(both);
      await expect(
        asAuction.settle(alice.number, bob.number, maxUint(256n), 1n, 0n),
      ).to.be.revertedWithPanic(OVERFLOW);
    });
  });

  describe("settleDeliveries", () => {
    /** Alice and Carol have 4 and 2 yuan locked, the seller Bob 3; and the vault as the supply book sees it. */
    async function trading() {
      const deployed = await locked();
      const { market, asAuction, bob } = deployed;
      const carol = await enrol(market, "user");
      await fund(market, carol, 2n * YUAN);
      await fund(market, bob, 3n * YUAN);
      await asAuction.lock(carol.number, 2n * YUAN);
      await asAuction.lock(bob.number, 3n * YUAN);
      const asSupply = deployed.vault.connect(await asPart(market, "supply"));
      return { ...deployed, carol, asSupply };
    }

    /** In yuan but for the rise, packed as in `SettlementWord`. */
    const settlement = (
      { number }: Participant,
      paid: bigint,
      unlockBuyer: bigint,
      unlockSeller: bigint,
      rise = 0n,
    ): bigint =>
      number |
      ((paid * YUAN) << 32n) |
      ((unlockBuyer * YUAN) << 88n) |
      ((unlockSeller * YUAN) << 144n) |
      (rise << 200n);

    it("reverts for everyone but the supply book", async () => {
      const { market, vault, alice, bob } = await networkHelpers.loadFixture(trading);
      const others = await Promise.all(
        [...MARKET_PARTS, "reputation" as const]
          .filter((part) => part !== "supply")
          .map((part) => asPart(market, part)),
      );
      for (const stranger of [alice.wallet, market.admin, ...others]) {
        await expect(vault.connect(stranger).settleDeliveries(bob.number, []))
          .to.be.revertedWithCustomError(vault, "NotMarket")
          .withArgs(stranger.address);
      }
    });

    it("pays and unlocks for every delivery", async () => {
      const { asSupply, market, alice, bob, carol } = await networkHelpers.loadFixture(trading);
      const transaction = asSupply.settleDeliveries(bob.number, [
        settlement(alice, 1n, 0n, 0n),
        settlement(carol, 1n, 1n, 1n),
        settlement(alice, 2n, 1n, 2n),
      ]);
      await expect(transaction).to.not.emit(asSupply, "ReputationChanged");
      await expectAccount(market, alice, 7n * YUAN, 0n);
      await expectAccount(market, carol, YUAN, 0n);
      await expectAccount(market, bob, 7n * YUAN, 0n);
      await expectBalanced(market, alice, bob, carol);
    });

    it("raises the buyers' reputations, and the seller's by the sum", async () => {
      const { asSupply, vault, alice, bob, carol } = await networkHelpers.loadFixture(trading);
      const transaction = asSupply.settleDeliveries(bob.number, [
        settlement(alice, 1n, 0n, 0n, 7n),
        settlement(carol, 0n, 0n, 0n),
        settlement(alice, 0n, 0n, 0n, 4990n),
      ]);
      for (const [one, reputation] of [
        [alice, 5007n],
        [alice, 9997n],
        [bob, 9997n],
      ] as const) {
        await expect(transaction)
          .to.emit(vault, "ReputationChanged")
          .withArgs(one.number, reputation);
      }
      await expect(asSupply.settleDeliveries(bob.number, [settlement(carol, 0n, 0n, 0n, 5001n)]))
        .to.emit(vault, "ReputationChanged")
        .withArgs(carol.number, 10_000n);
      const reputations = [alice, bob, carol].map(({ number }) => vault.reputationOf(number));
      expect(await Promise.all(reputations)).to.deep.equal([9997n, 10_000n, 10_000n]);
    });

    it("reverts for more than a buyer has locked", async () => {
      const { asSupply, vault, alice, bob } = await networkHelpers.loadFixture(trading);
      for (const [paid, unlocked] of [
        [5n, 0n],
        [0n, 5n],
        [3n, 2n],
      ] as const) {
        const words = [settlement(alice, paid, unlocked, 0n)];
        await expect(asSupply.settleDeliveries(bob.number, words))
          .to.be.revertedWithCustomError(vault, "InsufficientLock")
          .withArgs(alice.number, 4n * YUAN, 5n * YUAN);
      }
    });

    it("reverts for more than the seller has locked", async () => {
      const { asSupply, vault, alice, bob, carol } = await networkHelpers.loadFixture(trading);
      const words = [settlement(alice, 1n, 0n, 2n), settlement(carol, 1n, 0n, 2n)];
      await expect(asSupply.settleDeliveries(bob.number, words))
        .to.be.revertedWithCustomError(vault, "InsufficientLock")
        .withArgs(bob.number, 3n * YUAN, 4n * YUAN);
    });
  });

  describe("payAvailable", () => {
    it("moves what it is told when there is as much", async () => {
      const { asAuction, market, alice, bob } = await networkHelpers.loadFixture(locked);
      expect(await asAuction.payAvailable.staticCall(alice.number, bob.number, 6n * YUAN)).to.equal(
        6n * YUAN,
      );
      await asAuction.payAvailable(alice.number, bob.number, 2n * YUAN);
      await expectAccount(market, alice, 4n * YUAN, 4n * YUAN);
      await expectAccount(market, bob, 2n * YUAN, 0n);
    });

    it("moves what there is when there is less, and never what is locked", async () => {
      const { asAuction, market, alice, bob } = await networkHelpers.loadFixture(locked);
      expect(
        await asAuction.payAvailable.staticCall(alice.number, bob.number, maxUint(256n)),
      ).to.equal(6n * YUAN);
      await asAuction.payAvailable(alice.number, bob.number, 6n * YUAN + 1n);
      await expectAccount(market, alice, 0n, 4n * YUAN);
      await expectAccount(market, bob, 6n * YUAN, 0n);
      await expectBalanced(market, alice, bob);
    });

    it("does nothing when nothing is asked for or there", async () => {
      const { asAuction, market, alice, bob } = await networkHelpers.loadFixture(locked);
      expect(await asAuction.payAvailable.staticCall(alice.number, bob.number, 0n)).to.equal(0n);
      await asAuction.payAvailable(alice.number, bob.number, 0n);
      await asAuction.payAvailable(bob.number, alice.number, 1n);
      await expectAccount(market, alice, 6n * YUAN, 4n * YUAN);
      await expectAccount(market, bob, 0n, 0n);
    });
  });

  describe("seize", () => {
    it("moves locked funds to the pool", async () => {
      const { asAuction, market, vault, alice, bob } = await networkHelpers.loadFixture(locked);
      await asAuction.seize(alice.number, YUAN);
      await asAuction.seize(alice.number, 3n * YUAN);
      expect(await vault.penaltyPool()).to.equal(4n * YUAN);
      await expectAccount(market, alice, 6n * YUAN, 0n);
      await expectBalanced(market, alice, bob);
    });

    it("reverts for more than is locked", async () => {
      const { asAuction, vault, alice } = await networkHelpers.loadFixture(locked);
      for (const amount of [4n * YUAN + 1n, maxUint(256n)]) {
        await expect(asAuction.seize(alice.number, amount))
          .to.be.revertedWithCustomError(vault, "InsufficientLock")
          .withArgs(alice.number, 4n * YUAN, amount);
      }
      expect(await vault.penaltyPool()).to.equal(0n);
    });
  });

  describe("changeReputation", () => {
    /** The vault as the reputation contract sees it. */
    async function reputed() {
      const deployed = await locked();
      const asReputation = deployed.vault.connect(await asPart(deployed.market, "reputation"));
      return { ...deployed, asReputation };
    }

    it("reverts for everyone but the reputation contract", async () => {
      const { market, vault, alice } = await networkHelpers.loadFixture(reputed);
      const others = await Promise.all(MARKET_PARTS.map((part) => asPart(market, part)));
      for (const stranger of [alice.wallet, market.admin, ...others]) {
        await expect(vault.connect(stranger).changeReputation(alice.number, 1n))
          .to.be.revertedWithCustomError(vault, "NotMarket")
          .withArgs(stranger.address);
      }
      expect(await vault.reputationOf(alice.number)).to.equal(5000n);
    });

    it("stays within its bounds, and leaves the money alone", async () => {
      const { market, asReputation, vault, alice, bob } = await networkHelpers.loadFixture(reputed);
      for (const [change, reputation] of [
        [4999n, 9999n],
        [1n, 10_000n],
        [1n, 10_000n],
        [-9999n, 1n],
        [-1n, 0n],
        [-1n, 0n],
        [maxUint(200n), 10_000n],
        [-maxUint(200n), 0n],
        [0n, 0n],
        [5000n, 5000n],
      ] as const) {
        await expect(asReputation.changeReputation(alice.number, change))
          .to.emit(vault, "ReputationChanged")
          .withArgs(alice.number, reputation);
        expect(await vault.reputationOf(alice.number)).to.equal(reputation);
        expect(await market.reputation.reputationOf(alice.number)).to.equal(reputation);
        await expectAccount(market, alice, 6n * YUAN, 4n * YUAN);
      }
      expect(await vault.reputationOf(bob.number)).to.equal(5000n);
    });

    it("is left alone when money moves", async () => {
      const { market, asReputation, asAuction, vault, alice, bob, asAlice } =
        await networkHelpers.loadFixture(reputed);
      await asReputation.changeReputation(alice.number, 1234n);
      await asReputation.changeReputation(bob.number, -1234n);
      await asAuction.lock(alice.number, 2n * YUAN);
      await asAuction.unlock(alice.number, YUAN);
      await asAuction.settle(alice.number, bob.number, YUAN, YUAN, 0n);
      await asAuction.payAvailable(alice.number, bob.number, YUAN);
      await asAuction.seize(alice.number, YUAN);
      await asAlice.deposit(YUAN);
      await asAlice.withdraw(YUAN, alice.wallet);
      expect(await vault.reputationOf(alice.number)).to.equal(6234n);
      expect(await vault.reputationOf(bob.number)).to.equal(3766n);
      await expectAccount(market, alice, 5n * YUAN, 2n * YUAN);
      await expectAccount(market, bob, 2n * YUAN, 0n);
      await expectBalanced(market, alice, bob);
    });
  });

  it("keeps the accounts of two markets with one token apart", async () => {
    const { market, alice } = await networkHelpers.loadFixture(fixture);
    const other = await deployAtGenesis({}, market.addresses.token);
    expect(await other.vault.accountOf(alice.number)).to.deep.equal([0n, 0n]);
    const stranger = await ethers.getSigner(market.addresses.auction);
    await networkHelpers.impersonateAccount(stranger.address);
    await networkHelpers.setBalance(stranger.address, 10n ** 20n);
    await expect(other.vault.connect(stranger).lock(alice.number, 0n))
      .to.be.revertedWithCustomError(other.vault, "NotMarket")
      .withArgs(stranger.address);
  });
});
