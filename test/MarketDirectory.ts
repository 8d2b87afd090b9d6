import { expect } from "chai";
import { encodeBytes32String, getCreateAddress, ZeroAddress } from "ethers";

import { PARTS } from "../sim/market/deployment.ts";
import type { MarketParameters } from "../sim/market/parameters.ts";
import { maxUint, leaveChainAsFound } from "./support/chain.ts";
import { ethers, freshWallet, networkHelpers, TEST_PARAMETERS } from "./support/market.ts";

const AUTHORITY = "0x00000000000000000000000000000000000000a1";
const TOKEN = "0x00000000000000000000000000000000000000b2";

/** Creation code of a contract whose code is one STOP. */
const STOP_INIT_CODE = "0x6001600c60003960016000f300";
/** Creation codes that revert without a reason, and that leave a contract without code. */
const FAILING_INIT_CODES = ["0x60006000fd", "0x60006000f3", "0x"];

const PART_KEYS = Object.keys(PARTS) as (keyof typeof PARTS)[];

const deploy = (changes: Partial<MarketParameters> = {}) =>
  ethers.deployContract("MarketDirectory", [AUTHORITY, TOKEN, { ...TEST_PARAMETERS, ...changes }]);

async function fixture() {
  const [deployer] = await ethers.getSigners();
  return { directory: await deploy(), deployer: deployer! };
}

/** Bounds of one parameter, with whatever else has to be set for them to be the ones that count. */
interface Bounds {
  name: string;
  lowest: bigint;
  highest: bigint;
  /** Parameters in which the checked quantity is `value`. */
  of: (value: bigint) => Partial<MarketParameters>;
  /** Values below or above the bounds cannot be passed, or fail another check before. */
  only?: "lowest" | "highest";
}

const BOUNDS: Bounds[] = [
  {
    name: "slotSeconds",
    lowest: 4n,
    highest: 604_800n,
    of: (slotSeconds) => ({ slotSeconds, commitSeconds: 1n, revealSeconds: 1n, beaconSeconds: 1n }),
  },
  { name: "genesis", lowest: 3600n, highest: maxUint(40n), of: (genesis) => ({ genesis }) },
  {
    name: "commitSeconds",
    lowest: 1n,
    highest: 3600n,
    of: (commitSeconds) => ({ commitSeconds }),
    only: "lowest",
  },
  {
    name: "revealSeconds",
    lowest: 1n,
    highest: 3600n,
    of: (revealSeconds) => ({ revealSeconds }),
    only: "lowest",
  },
  {
    name: "clearingSeconds",
    lowest: 2n,
    highest: 3599n,
    of: (windows) => ({ commitSeconds: windows - 1n, revealSeconds: 1n, beaconSeconds: 1n }),
    only: "highest",
  },
  { name: "beaconSeconds", lowest: 1n, highest: 300n, of: (beaconSeconds) => ({ beaconSeconds }) },
  { name: "drawAmong", lowest: 1n, highest: 8n, of: (drawAmong) => ({ drawAmong }) },
  {
    name: "sellerShareBps",
    lowest: 0n,
    highest: 10_000n,
    of: (sellerShareBps) => ({ sellerShareBps }),
  },
  {
    name: "maxDepositBps",
    lowest: 0n,
    highest: 10_000n,
    of: (maxDepositBps) => ({ minDepositBps: 0n, maxDepositBps }),
  },
  {
    name: "minDepositBps",
    lowest: 0n,
    highest: 2000n,
    of: (minDepositBps) => ({ minDepositBps }),
  },
  {
    name: "lateReadingSlots",
    lowest: 1n,
    highest: 1000n,
    of: (lateReadingSlots) => ({ lateReadingSlots }),
  },
  {
    name: "defaultReputationFall",
    lowest: 51n,
    highest: 10_000n,
    of: (defaultReputationFall) => ({ defaultReputationFall }),
  },
  {
    name: "unopenedReputationFall",
    lowest: 51n,
    highest: 10_000n,
    of: (unopenedReputationFall) => ({ unopenedReputationFall }),
  },
];

describe("MarketDirectory", () => {
  leaveChainAsFound();

  describe("constructor", () => {
    for (const { name, lowest, highest, of, only } of BOUNDS) {
      if (only !== "highest") {
        it(`takes the lowest ${name}`, async () => {
          await deploy(of(lowest));
        });
      }
      if (only !== "lowest") {
        it(`takes the highest ${name}`, async () => {
          await deploy(of(highest));
        });
        it(`reverts for a higher ${name}`, async () => {
          const { directory } = await networkHelpers.loadFixture(fixture);
          await expect(deploy(of(highest + 1n)))
            .to.be.revertedWithCustomError(directory, "ParameterOutOfBounds")
            .withArgs(encodeBytes32String(name), highest + 1n, lowest, highest);
        });
      }
      if (lowest !== 0n && only !== "highest") {
        it(`reverts for a lower ${name}`, async () => {
          const { directory } = await networkHelpers.loadFixture(fixture);
          await expect(deploy(of(lowest - 1n)))
            .to.be.revertedWithCustomError(directory, "ParameterOutOfBounds")
            .withArgs(encodeBytes32String(name), lowest - 1n, lowest, highest);
        });
      }
    }

    for (const name of ["commitSeconds", "revealSeconds"] as const) {
      it(`names the ${name} that exceed the slot, or else both windows`, async () => {
        const { directory } = await networkHelpers.loadFixture(fixture);
        await expect(deploy({ [name]: 3601n }))
          .to.be.revertedWithCustomError(directory, "ParameterOutOfBounds")
          .withArgs(encodeBytes32String(name), 3601n, 1n, 3600n);
        const other = name === "commitSeconds" ? "revealSeconds" : "commitSeconds";
        await expect(deploy({ [name]: 3600n, [other]: 1n }))
          .to.be.revertedWithCustomError(directory, "ParameterOutOfBounds")
          .withArgs(encodeBytes32String("clearingSeconds"), 3601n, 2n, 3599n);
      });
    }

    it("has reputation fall faster than it rises, whatever the rise", async () => {
      const { directory } = await networkHelpers.loadFixture(fixture);
      await deploy({
        maxReputationRise: 9999n,
        defaultReputationFall: 10_000n,
        unopenedReputationFall: 10_000n,
      });
      await expect(deploy({ maxReputationRise: 65_535n, defaultReputationFall: 10_000n }))
        .to.be.revertedWithCustomError(directory, "ParameterOutOfBounds")
        .withArgs(encodeBytes32String("defaultReputationFall"), 10_000n, 65_536n, 10_000n);
    });

    it("takes the shortest slot with the shortest windows", async () => {
      await deploy({
        slotSeconds: 4n,
        genesis: 4n,
        commitSeconds: 1n,
        revealSeconds: 1n,
        beaconSeconds: 2n,
      });
    });
  });

  describe("parameters", () => {
    it("gives what the market was deployed with", async () => {
      const changes: MarketParameters = {
        genesis: 1_800_000_001n,
        slotSeconds: 3601n,
        commitSeconds: 2401n,
        revealSeconds: 901n,
        beaconSeconds: 121n,
        drawAmong: 4n,
        sellerShareBps: 5001n,
        minDepositBps: 501n,
        maxDepositBps: 2001n,
        lateReadingSlots: 25n,
        buyerBond: maxUint(64n),
        sellerBond: maxUint(64n) - 1n,
        beaconBond: maxUint(64n) - 2n,
        reputationPerKWh: maxUint(16n),
        maxReputationRise: 51n,
        defaultReputationFall: 501n,
        unopenedReputationFall: 251n,
      };
      const directory = await deploy(changes);
      expect(await directory.parameters()).to.deep.equal(Object.values(changes));
    });
  });

  describe("create", () => {
    it("reverts for anybody but the deployer", async () => {
      const { directory } = await networkHelpers.loadFixture(fixture);
      const stranger = await freshWallet();
      await expect(directory.connect(stranger).getFunction("create")(STOP_INIT_CODE))
        .to.be.revertedWithCustomError(directory, "NotDeployer")
        .withArgs(stranger.address);
      expect(await directory.created()).to.equal(0n);
    });

    it("creates one part after the other where the directory says, and no more", async () => {
      const { directory } = await networkHelpers.loadFixture(fixture);
      const addresses = await directory.addresses();
      expect(addresses.authority.toLowerCase()).to.equal(AUTHORITY);
      expect(addresses.token.toLowerCase()).to.equal(TOKEN);
      for (const [index, key] of PART_KEYS.entries()) {
        const expected = getCreateAddress({ from: await directory.getAddress(), nonce: index + 1 });
        expect(addresses[key]).to.equal(expected);
        expect(await directory.create.staticCall(STOP_INIT_CODE)).to.equal(expected);
        await expect(directory.create(STOP_INIT_CODE))
          .to.emit(directory, "PartCreated")
          .withArgs(index, expected);
        expect(await ethers.provider.getCode(expected)).to.equal("0x00");
        expect(await directory.created()).to.equal(index + 1);
      }
      await expect(directory.create(STOP_INIT_CODE)).to.be.revertedWithCustomError(
        directory,
        "AlreadyComplete",
      );
    });

    it("passes on the reason of a part that reverts, and can try again", async () => {
      const { directory } = await networkHelpers.loadFixture(fixture);
      const vault = await ethers.getContractFactory("Vault");
      const failing = await ethers.getContractFactory("AccessManager");
      const { data } = await failing.getDeployTransaction(ZeroAddress);
      await expect(directory.create(data))
        .to.be.revertedWithCustomError(failing, "AccessManagerInvalidInitialAdmin")
        .withArgs(ZeroAddress);
      expect(await directory.created()).to.equal(0n);
      const { identities } = await directory.addresses();
      await directory.create((await vault.getDeployTransaction(await directory.getAddress())).data);
      expect(await ethers.provider.getCode(identities)).to.not.equal("0x");
    });

    it("reverts for a part that fails without a reason or has no code, and can try again", async () => {
      const { directory } = await networkHelpers.loadFixture(fixture);
      await directory.create(STOP_INIT_CODE);
      for (const initCode of FAILING_INIT_CODES) {
        await expect(directory.create(initCode))
          .to.be.revertedWithCustomError(directory, "PartNotCreated")
          .withArgs(1n);
      }
      const { vault } = await directory.addresses();
      await directory.create(STOP_INIT_CODE);
      expect(await ethers.provider.getCode(vault)).to.equal("0x00");
    });
  });
});
