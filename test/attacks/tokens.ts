/** Settlement tokens of other than standard behaviour: none may make the vault's accounts exceed its tokens. */
import { expect } from "chai";
import { AbiCoder } from "ethers";

import { deployAtGenesis, leaveChainAsFound } from "../support/chain.ts";
import {
  enrol,
  ethers,
  FAR_FUTURE,
  fingerprint,
  networkHelpers,
  ROLE,
  signEnrolment,
  type Market,
} from "../support/market.ts";
import type { ReentrantToken } from "../../types/index.ts";

type MockName =
  | "MockToken"
  | "FeeToken"
  | "BurningToken"
  | "FalseToken"
  | "SilentToken"
  | "HollowToken"
  | "ReentrantToken";

/** A market that settles in a mock token, in which `alice` has 1000 units, approved for the vault. */
async function marketWith(name: MockName) {
  const token = await ethers.deployContract(name);
  const market = await deployAtGenesis({}, await token.getAddress());
  const alice = await enrol(market, "user");
  await token.getFunction("mint")(alice.wallet.address, 1000n);
  await token.connect(alice.wallet).getFunction("approve")(market.addresses.vault, 1000n);
  const { vault } = market;
  const balanceOf = async (address: string): Promise<bigint> =>
    (await token.getFunction("balanceOf")(address)) as bigint;
  return { market, token, vault, alice, asAlice: vault.connect(alice.wallet), balanceOf };
}

/** What the vault owes its participants is what it has. */
async function expectAccounts(market: Market, balance: bigint, ...accounts: bigint[]) {
  for (const [index, available] of accounts.entries()) {
    expect(await market.vault.accountOf(index + 1)).to.deep.equal([available, 0n]);
  }
  expect(await market.token.balanceOf(market.addresses.vault)).to.equal(balance);
  expect(accounts.reduce((sum, account) => sum + account, 0n)).to.equal(balance);
}

describe("attacks: tokens", () => {
  leaveChainAsFound();

  it("a plain token without permit can be used", async () => {
    const { market, alice, asAlice, balanceOf } = await marketWith("MockToken");
    await asAlice.deposit(600n);
    // Without a permit there is the allowance.
    await asAlice.depositWithPermit(400n, FAR_FUTURE, 27, fingerprint("r"), fingerprint("s"));
    await expectAccounts(market, 1000n, 1000n);
    await asAlice.withdraw(1000n, alice.wallet);
    expect(await balanceOf(alice.wallet.address)).to.equal(1000n);
  });

  it("a token whose transfers return nothing can be used", async () => {
    const { market, alice, asAlice, balanceOf } = await marketWith("SilentToken");
    await asAlice.deposit(600n);
    await asAlice.depositWithPermit(400n, FAR_FUTURE, 27, fingerprint("r"), fingerprint("s"));
    await expectAccounts(market, 1000n, 1000n);
    await asAlice.withdraw(999n, alice.wallet);
    expect(await balanceOf(alice.wallet.address)).to.equal(999n);
    await expectAccounts(market, 1n, 1n);
  });

  describe("a token that charges the recipient a fee", () => {
    it("cannot be deposited", async () => {
      const { market, token, vault, asAlice, balanceOf, alice } = await marketWith("FeeToken");
      await token.getFunction("setCharging")(true);
      await expect(asAlice.deposit(100n))
        .to.be.revertedWithCustomError(vault, "TokenTransferMismatch")
        .withArgs(100n, 99n);
      await expectAccounts(market, 0n, 0n);
      expect(await balanceOf(alice.wallet.address)).to.equal(1000n);
    });

    it("costs only who withdraws when it begins to charge", async () => {
      const { market, token, asAlice, alice, balanceOf } = await marketWith("FeeToken");
      await asAlice.deposit(1000n);
      await token.getFunction("setCharging")(true);
      await asAlice.withdraw(400n, alice.wallet);
      expect(await balanceOf(alice.wallet.address)).to.equal(399n);
      await expectAccounts(market, 600n, 600n);
    });
  });

  describe("a token that takes more from the sender", () => {
    it("costs only who deposits", async () => {
      const { market, token, asAlice, alice, balanceOf } = await marketWith("BurningToken");
      await token.getFunction("setBurning")(true);
      await asAlice.deposit(100n);
      await expectAccounts(market, 100n, 100n);
      expect(await balanceOf(alice.wallet.address)).to.equal(899n);
    });

    it("cannot take others' funds by a withdrawal", async () => {
      const { market, token, vault, asAlice, alice } = await marketWith("BurningToken");
      const bob = await enrol(market, "user");
      await asAlice.deposit(100n);
      await asAlice.depositFor(bob.number, 100n);
      await token.getFunction("setBurning")(true);
      await expect(asAlice.withdraw(100n, alice.wallet))
        .to.be.revertedWithCustomError(vault, "TokenTransferMismatch")
        .withArgs(100n, 101n);
      await expectAccounts(market, 200n, 100n, 100n);
    });
  });

  it("a token that returns false moves no account", async () => {
    const { market, token, vault, asAlice, alice } = await marketWith("FalseToken");
    const address = await token.getAddress();
    await asAlice.deposit(100n);
    await token.getFunction("setFailing")(true);
    await expect(asAlice.deposit(100n))
      .to.be.revertedWithCustomError(vault, "SafeERC20FailedOperation")
      .withArgs(address);
    await expect(asAlice.withdraw(100n, alice.wallet))
      .to.be.revertedWithCustomError(vault, "SafeERC20FailedOperation")
      .withArgs(address);
    await expectAccounts(market, 100n, 100n);
  });

  it("a token that only says that it transferred moves no account", async () => {
    const { market, token, vault, asAlice, alice } = await marketWith("HollowToken");
    await expect(asAlice.deposit(100n))
      .to.be.revertedWithCustomError(vault, "TokenTransferMismatch")
      .withArgs(100n, 0n);
    await expectAccounts(market, 0n, 0n);
    // Somebody is credited, as by a token that turned bad: its withdrawal is refused rather than lost.
    const good = await marketWith("MockToken");
    await good.asAlice.deposit(100n);
    const code = await ethers.provider.getCode(await token.getAddress());
    await networkHelpers.setCode(await good.token.getAddress(), code);
    await expect(good.asAlice.withdraw(100n, alice.wallet))
      .to.be.revertedWithCustomError(vault, "TokenTransferMismatch")
      .withArgs(100n, 0n);
    await expectAccounts(good.market, 100n, 100n);
  });

  describe("a token that calls back", () => {
    /** The token is itself the participant `mallory`, with 100 units of itself in the vault and 900 outside. */
    async function fixture() {
      const deployed = await marketWith("ReentrantToken");
      const { market, vault, asAlice } = deployed;
      const token = deployed.token as unknown as ReentrantToken;
      const address = await token.getAddress();
      const enrolment = {
        id: "mallory",
        wallet: address,
        role: ROLE.user,
        certificate: fingerprint("mallory's certificate"),
        validUntil: FAR_FUTURE,
        expiry: FAR_FUTURE,
      };
      const signature = await signEnrolment(market, enrolment);
      await token.execute(
        market.addresses.identities,
        market.identities.interface.encodeFunctionData("enrol", [enrolment, signature]),
      );
      await asAlice.deposit(500n);
      await token.mint(address, 1000n);
      const { interface: calls } = vault;
      const { vault: vaultAddress } = market.addresses;
      await token.execute(
        address,
        token.interface.encodeFunctionData("approve", [vaultAddress, 1000n]),
      );
      await token.execute(vaultAddress, calls.encodeFunctionData("deposit", [100n]));
      return { ...deployed, token, calls, vaultAddress, address };
    }

    const reentered = (vault: Market["vault"]): string =>
      vault.interface.encodeErrorResult("ReentrancyGuardReentrantCall");

    const CALLS = {
      deposit: () => [50n],
      depositFor: () => [2n, 50n],
      depositWithPermit: () => [50n, FAR_FUTURE, 27, fingerprint("r"), fingerprint("s")],
      withdraw: (address: string) => [100n, address],
    } as const;

    for (const [name, argsOf] of Object.entries(CALLS)) {
      it(`cannot ${name} in the midst of its deposit or withdrawal`, async () => {
        const { market, vault, token, calls, vaultAddress, address } =
          await networkHelpers.loadFixture(fixture);
        const inner = calls.encodeFunctionData(name as "deposit", argsOf(address) as [bigint]);
        const outer = {
          deposit: calls.encodeFunctionData("deposit", [100n]),
          withdraw: calls.encodeFunctionData("withdraw", [100n, address]),
        };
        for (const data of Object.values(outer)) {
          await token.arm(vaultAddress, inner);
          await expect(token.execute(vaultAddress, data))
            .to.emit(token, "CalledBack")
            .withArgs(false, reentered(vault));
        }
        // Deposit and withdrawal went through, once each.
        await expectAccounts(market, 600n, 500n, 100n);
      });
    }

    it("cannot have the pool paid out in the midst of a payment, even as treasurer", async () => {
      const { market, vault, token, calls, vaultAddress, address } =
        await networkHelpers.loadFixture(fixture);
      await market.authority.grantRole(4n, address, 0n);
      const payOut = calls.encodeFunctionData("payOut", [0n, address]);
      await token.arm(vaultAddress, payOut);
      await expect(
        token.execute(vaultAddress, calls.encodeFunctionData("withdraw", [100n, address])),
      )
        .to.emit(token, "CalledBack")
        .withArgs(false, reentered(vault));
      await token.arm(vaultAddress, calls.encodeFunctionData("withdraw", [1n, address]));
      await expect(token.execute(vaultAddress, payOut))
        .to.emit(token, "CalledBack")
        .withArgs(false, reentered(vault));
      await expectAccounts(market, 500n, 500n, 0n);
    });

    it("sees its account debited before it is paid", async () => {
      const { vault, token, calls, vaultAddress, address } =
        await networkHelpers.loadFixture(fixture);
      await token.arm(vaultAddress, calls.encodeFunctionData("accountOf", [2n]));
      await expect(
        token.execute(vaultAddress, calls.encodeFunctionData("withdraw", [60n, address])),
      )
        .to.emit(token, "CalledBack")
        .withArgs(true, AbiCoder.defaultAbiCoder().encode(["uint128", "uint128"], [40n, 0n]));
      expect(await vault.accountOf(2n)).to.deep.equal([40n, 0n]);
    });

    it("sees no credit before its deposit is there", async () => {
      const { vault, token, calls, vaultAddress } = await networkHelpers.loadFixture(fixture);
      await token.arm(vaultAddress, calls.encodeFunctionData("accountOf", [2n]));
      await expect(token.execute(vaultAddress, calls.encodeFunctionData("deposit", [60n])))
        .to.emit(token, "CalledBack")
        .withArgs(true, AbiCoder.defaultAbiCoder().encode(["uint128", "uint128"], [100n, 0n]));
      expect(await vault.accountOf(2n)).to.deep.equal([160n, 0n]);
    });
  });
});
