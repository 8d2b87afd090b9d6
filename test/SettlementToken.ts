import { expect } from "chai";
import { MaxUint256, Signature } from "ethers";

import { ROLES } from "../sim/market/deployment.ts";
import { deployAtGenesis, latestTime, leaveChainAsFound } from "./support/chain.ts";
import { FAR_FUTURE, freshWallet, networkHelpers, YUAN } from "./support/market.ts";

const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

async function fixture() {
  const market = await deployAtGenesis();
  const holder = await freshWallet();
  const other = await freshWallet();
  await market.token.mint(holder.address, 10n * YUAN);
  const { token } = market;
  const permit = async (value: bigint, nonce = 0n, deadline = FAR_FUTURE, name = "Helio Yuan") =>
    Signature.from(
      await holder.signTypedData(
        { name, version: "1", chainId: market.chainId, verifyingContract: market.addresses.token },
        PERMIT_TYPES,
        { owner: holder.address, spender: other.address, value, nonce, deadline },
      ),
    );
  return { market, token, holder, other, permit };
}

describe("SettlementToken", () => {
  leaveChainAsFound();

  it("is named, has 6 decimals and begins with nothing", async () => {
    const { token } = await deployAtGenesis();
    expect(await token.name()).to.equal("Helio Yuan");
    expect(await token.symbol()).to.equal("HCNY");
    expect(await token.decimals()).to.equal(6n);
    expect(await token.totalSupply()).to.equal(0n);
  });

  describe("mint", () => {
    it("reverts for anybody but the issuer", async () => {
      const { token, holder } = await networkHelpers.loadFixture(fixture);
      await expect(token.connect(holder).mint(holder.address, 1n))
        .to.be.revertedWithCustomError(token, "AccessManagedUnauthorized")
        .withArgs(holder.address);
    });

    it("mints for the issuer", async () => {
      const { token, holder, other } = await networkHelpers.loadFixture(fixture);
      await expect(token.mint(other.address, 3n))
        .to.emit(token, "Transfer")
        .withArgs("0x0000000000000000000000000000000000000000", other.address, 3n);
      expect(await token.balanceOf(other.address)).to.equal(3n);
      expect(await token.balanceOf(holder.address)).to.equal(10n * YUAN);
      expect(await token.totalSupply()).to.equal(10n * YUAN + 3n);
    });

    it("mints for a new issuer whom the old one appoints", async () => {
      const { market, token, holder } = await networkHelpers.loadFixture(fixture);
      await market.authority.grantRole(ROLES.issuer, holder.address, 0n);
      await market.authority.renounceRole(ROLES.issuer, market.admin.address);
      await token.connect(holder).mint(holder.address, 1n);
      await expect(token.mint(holder.address, 1n))
        .to.be.revertedWithCustomError(token, "AccessManagedUnauthorized")
        .withArgs(market.admin.address);
    });
  });

  describe("burn", () => {
    it("burns the caller's tokens", async () => {
      const { token, holder } = await networkHelpers.loadFixture(fixture);
      await token.connect(holder).burn(4n * YUAN);
      expect(await token.balanceOf(holder.address)).to.equal(6n * YUAN);
      expect(await token.totalSupply()).to.equal(6n * YUAN);
    });

    it("reverts for more than there is", async () => {
      const { token, holder } = await networkHelpers.loadFixture(fixture);
      await expect(token.connect(holder).burn(10n * YUAN + 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
        .withArgs(holder.address, 10n * YUAN, 10n * YUAN + 1n);
    });
  });

  describe("permit", () => {
    it("approves by signature, once", async () => {
      const { token, holder, other, permit } = await networkHelpers.loadFixture(fixture);
      const { v, r, s } = await permit(MaxUint256);
      await token.permit(holder.address, other.address, MaxUint256, FAR_FUTURE, v, r, s);
      expect(await token.allowance(holder.address, other.address)).to.equal(MaxUint256);
      await expect(
        token.permit(holder.address, other.address, MaxUint256, FAR_FUTURE, v, r, s),
      ).to.be.revertedWithCustomError(token, "ERC2612InvalidSigner");
    });

    it("reverts for another token's permit", async () => {
      const { token, holder, other, permit } = await networkHelpers.loadFixture(fixture);
      const { v, r, s } = await permit(1n, 0n, FAR_FUTURE, "Other Yuan");
      await expect(
        token.permit(holder.address, other.address, 1n, FAR_FUTURE, v, r, s),
      ).to.be.revertedWithCustomError(token, "ERC2612InvalidSigner");
    });

    it("reverts after its deadline", async () => {
      const { token, holder, other, permit } = await networkHelpers.loadFixture(fixture);
      const deadline = (await latestTime()) - 1n;
      const { v, r, s } = await permit(1n, 0n, deadline);
      await expect(token.permit(holder.address, other.address, 1n, deadline, v, r, s))
        .to.be.revertedWithCustomError(token, "ERC2612ExpiredSignature")
        .withArgs(deadline);
    });
  });
});
