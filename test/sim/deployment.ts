import { expect } from "chai";
import { ZeroAddress, type Signer } from "ethers";

import {
  ADMIN_ROLE,
  deployMarket,
  PARTS,
  RESTRICTED,
  ROLES,
  type DeploymentOptions,
  type DeploymentStep,
  type MarketAddresses,
} from "../../sim/market/deployment.ts";
import type { MarketParameters } from "../../sim/market/parameters.ts";
import { nextGenesis, leaveChainAsFound } from "../support/chain.ts";
import { ethers, TEST_PARAMETERS } from "../support/market.ts";

/** Steps that leave a contract behind whose address a later run must know. */
const KNOWN_BY_NAME: Record<string, keyof MarketAddresses> = {
  AccessManager: "authority",
  SettlementToken: "token",
  MarketDirectory: "directory",
};

const CONTRACTS = ["AccessManager", "SettlementToken", "MarketDirectory", ...Object.values(PARTS)];

/** All steps of a deployment with a token of its own. */
const STEPS = [
  ...CONTRACTS,
  "identities.revoke(uint32) for role 1",
  "token.mint(address,uint256) for role 2",
  "auction.setPaused(bool) for role 3",
  "vault.payOut(uint256,address) for role 4",
  ...Object.keys(ROLES).flatMap((role) => [`${role} role`, `${role} role administers itself`]),
  "administrator given away",
];

class Interrupted extends Error {}

/** Options with a holder of its own for each role, none of them the deployer. */
async function options(changes: Partial<DeploymentOptions> = {}): Promise<DeploymentOptions> {
  const [deployer, registrar, issuer, pauser, treasurer] = await ethers.getSigners();
  return {
    deployer: deployer!,
    factoryOf: (name) => ethers.getContractFactory(name),
    parameters: { ...TEST_PARAMETERS, genesis: await nextGenesis() },
    holders: {
      registrar: registrar!.address,
      issuer: issuer!.address,
      pauser: pauser!.address,
      treasurer: treasurer!.address,
    },
    ...changes,
  };
}

/** Deploys and notes the steps. */
async function deployNoting(given: DeploymentOptions) {
  const steps: DeploymentStep[] = [];
  const addresses = await deployMarket({ ...given, onStep: (step) => void steps.push(step) });
  return { addresses, steps };
}

/**
 * Deploys until `count` steps are done, then fails.
 *
 * @param noted whether the last step was noted before it failed
 * @returns what an operator knows then
 */
async function deployInterrupted(
  given: DeploymentOptions,
  count: number,
  noted: boolean,
): Promise<Partial<MarketAddresses>> {
  const known: Partial<MarketAddresses> = {};
  let done = 0;
  await deployMarket({
    ...given,
    onStep: ({ name, address }) => {
      done += 1;
      const key = KNOWN_BY_NAME[name];
      if (key !== undefined && address !== undefined && (noted || done < count)) {
        known[key] = address;
      }
      if (done === count) throw new Interrupted();
    },
  }).then(
    () => expect.fail("not interrupted"),
    (error: unknown) => {
      if (!(error instanceof Interrupted)) throw error;
    },
  );
  return known;
}

/** Message of the error that a deployment ends with. */
const refusalOf = (deployment: Promise<unknown>): Promise<string> =>
  deployment.then(
    () => expect.fail("deployed"),
    (error: unknown) => (error as Error).message,
  );

/** Asserts that the market is there, wired, and in its administrators' hands alone. */
async function expectComplete(
  addresses: MarketAddresses,
  given: DeploymentOptions,
  ownToken = true,
): Promise<void> {
  const directory = await ethers.getContractAt("MarketDirectory", addresses.directory);
  expect(await directory.created()).to.equal(Object.keys(PARTS).length);
  const { directory: directoryAddress, ...others } = addresses;
  const found = await directory.addresses();
  for (const [key, address] of Object.entries(others)) {
    expect(found[key as keyof typeof others], key).to.equal(address);
  }
  expect(await directory.parameters()).to.deep.equal(Object.values(given.parameters));
  for (const part of Object.keys(PARTS) as (keyof typeof PARTS)[]) {
    const contract = await ethers.getContractAt("MarketPart", addresses[part]);
    expect(await contract.getFunction("directory")()).to.equal(directoryAddress);
  }

  const authority = await ethers.getContractAt("AccessManager", addresses.authority);
  const deployer = await given.deployer.getAddress();
  expect(await authority.hasRole(ADMIN_ROLE, deployer)).to.deep.equal([false, 0n]);
  for (const [name, role] of Object.entries(ROLES)) {
    const holder = given.holders[name as keyof typeof ROLES];
    expect(await authority.hasRole(role, holder), name).to.deep.equal([true, 0n]);
    expect(await authority.hasRole(role, deployer), name).to.deep.equal([false, 0n]);
    expect(await authority.getRoleAdmin(role), name).to.equal(role);
  }
  for (const { part, signature, role } of RESTRICTED) {
    const contract = await ethers.getContractAt(
      part === "token" ? "SettlementToken" : PARTS[part],
      addresses[part],
    );
    const { selector } = contract.interface.getFunction(signature)!;
    const expected = part === "token" && !ownToken ? ADMIN_ROLE : role;
    expect(await authority.getTargetFunctionRole(addresses[part], selector)).to.equal(expected);
  }
}

describe("deployMarket", () => {
  leaveChainAsFound();

  it("deploys a market and says what it did", async () => {
    const given = await options();
    const { addresses, steps } = await deployNoting(given);
    expect(steps.map(({ name }) => name)).to.deep.equal(STEPS);
    for (const { name, transaction, block } of steps) {
      const receipt = await ethers.provider.getTransactionReceipt(transaction!);
      expect(receipt?.status, name).to.equal(1);
      expect(receipt?.blockNumber, name).to.equal(block);
    }
    const addressOf = Object.fromEntries(steps.map(({ name, address }) => [name, address]));
    expect(addressOf["AccessManager"]).to.equal(addresses.authority);
    expect(addressOf["SettlementToken"]).to.equal(addresses.token);
    expect(addressOf["MarketDirectory"]).to.equal(addresses.directory);
    for (const [key, name] of Object.entries(PARTS)) {
      expect(addressOf[name]).to.equal(addresses[key as keyof typeof PARTS]);
    }
    expect(addressOf["pauser role"]).to.equal(given.holders.pauser);
    await expectComplete(addresses, given);
  });

  it("works without being told of its steps", async () => {
    const given = await options();
    await expectComplete(await deployMarket(given), given);
  });

  it("gives every role its function, and no function to anybody else", async () => {
    const given = await options();
    const addresses = await deployMarket(given);
    const [deployer, registrar, issuer, pauser, treasurer, stranger] = await ethers.getSigners();
    const holderOf = { 1: registrar!, 2: issuer!, 3: pauser!, 4: treasurer! };
    const authority = await ethers.getContractAt("AccessManager", addresses.authority);
    for (const { part, signature, role } of RESTRICTED) {
      const contract = await ethers.getContractAt(
        part === "token" ? "SettlementToken" : PARTS[part],
        addresses[part],
      );
      const { selector } = contract.interface.getFunction(signature)!;
      const can = async (caller: Signer): Promise<unknown> =>
        (await authority.canCall(await caller.getAddress(), addresses[part], selector))[0];
      for (const caller of [deployer!, registrar!, issuer!, pauser!, treasurer!, stranger!]) {
        const allowed = caller === holderOf[Number(role) as 1 | 2 | 3 | 4];
        expect(await can(caller), signature).to.equal(allowed);
      }
    }
  });

  it("leaves a role to its holders", async () => {
    const given = await options();
    const { authority: address } = await deployMarket(given);
    const [deployer, registrar, , , , stranger] = await ethers.getSigners();
    const authority = await ethers.getContractAt("AccessManager", address);
    await expect(
      authority.connect(deployer).grantRole(ROLES.registrar, stranger!.address, 0n),
    ).to.be.revertedWithCustomError(authority, "AccessManagerUnauthorizedAccount");
    await authority.connect(registrar).grantRole(ROLES.registrar, stranger!.address, 0n);
    await authority.connect(stranger).revokeRole(ROLES.registrar, registrar!.address);
    expect(await authority.hasRole(ROLES.registrar, stranger!.address)).to.deep.equal([true, 0n]);
    expect((await authority.hasRole(ROLES.registrar, registrar!.address))[0]).to.equal(false);
  });

  it("does nothing when all is done", async () => {
    const given = await options();
    const first = await deployMarket(given);
    const nonce = await given.deployer.getNonce();
    const { addresses, steps } = await deployNoting({ ...given, known: first });
    expect(addresses).to.deep.equal(first);
    expect(steps.map(({ name }) => name)).to.deep.equal([...CONTRACTS, "roles"]);
    for (const step of steps) {
      expect(step).to.not.have.property("transaction");
      expect(step).to.not.have.property("block");
    }
    expect(steps.at(-1)).to.not.have.property("address");
    expect(await given.deployer.getNonce()).to.equal(nonce);
  });

  for (const [index, name] of STEPS.slice(0, -1).entries()) {
    it(`completes what was interrupted after "${name}"`, async () => {
      const given = await options();
      const known = await deployInterrupted(given, index + 1, true);
      const addresses = await deployMarket({ ...given, known });
      for (const [key, address] of Object.entries(known)) {
        expect(addresses[key as keyof MarketAddresses], key).to.equal(address);
      }
      await expectComplete(addresses, given);
    });
  }

  it("completes what was interrupted before a contract's address was noted", async () => {
    for (const [index, name] of STEPS.slice(0, 4).entries()) {
      const given = await options();
      const known = await deployInterrupted(given, index + 1, false);
      expect(Object.keys(known), name).to.have.length(index);
      await expectComplete(await deployMarket({ ...given, known }), given);
    }
  });

  it("takes known addresses in lower case", async () => {
    const given = await options();
    const first = await deployMarket(given);
    const known = Object.fromEntries(
      Object.entries(first).map(([key, address]) => [key, address.toLowerCase()]),
    );
    expect(await deployMarket({ ...given, known })).to.deep.equal(first);
  });

  it("deploys anew what has no code at its known address", async () => {
    const given = await options();
    const known = { authority: ZeroAddress, token: ZeroAddress, directory: ZeroAddress };
    const addresses = await deployMarket({ ...given, known });
    expect(Object.values(addresses)).to.not.include(ZeroAddress);
    await expectComplete(addresses, given);
  });

  it("refuses a known directory of another authority", async () => {
    const given = await options();
    const first = await deployMarket(given);
    const other = await deployMarket(given);
    expect(
      await refusalOf(
        deployMarket({
          ...given,
          known: { authority: first.authority, token: other.token, directory: other.directory },
        }),
      ),
    ).to.include(
      `The directory at ${other.directory} belongs to authority ${other.authority} and token ${other.token}, ` +
        `not to ${first.authority} and ${other.token}.`,
    );
  });

  it("refuses a known directory of another token", async () => {
    const given = await options();
    const first = await deployMarket(given);
    expect(
      await refusalOf(
        deployMarket({
          ...given,
          token: first.authority,
          known: { authority: first.authority, directory: first.directory },
        }),
      ),
    ).to.include(`not to ${first.authority} and ${first.authority}.`);
  });

  it("refuses a known directory of other parameters", async () => {
    const given = await options();
    const known = await deployMarket(given);
    for (const key of Object.keys(given.parameters) as (keyof MarketParameters)[]) {
      const value = given.parameters[key];
      const parameters = { ...given.parameters, [key]: value + 1n };
      expect(await refusalOf(deployMarket({ ...given, parameters, known }))).to.equal(
        `The directory at ${known.directory} is of a market whose ${key} is ${value}, not ${value + 1n}.`,
      );
    }
  });

  it("refuses to complete roles that another account began to set up", async () => {
    const given = await options();
    const begun = STEPS.indexOf("issuer role");
    const known = await deployInterrupted(given, begun, true);
    const deployer = (await ethers.getSigners())[6]!;
    expect(await refusalOf(deployMarket({ ...given, deployer, known }))).to.equal(
      `The issuer role is not set up, and ${deployer.address} cannot do it: another account began this deployment.`,
    );
  });

  it("refuses a token that is no contract", async () => {
    const [, holder] = await ethers.getSigners();
    const given = await options({ token: holder!.address });
    expect(await refusalOf(deployMarket(given))).to.include(
      `There is no contract at the token's address ${holder!.address}.`,
    );
  });

  it("refuses a deployer without a network", async () => {
    const given = await options();
    const deployer = { provider: null } as Signer;
    expect(await refusalOf(deployMarket({ ...given, deployer }))).to.include(
      "The deployer is not connected to a network.",
    );
  });

  it("settles in a foreign token, over which it has no power", async () => {
    const { token } = await deployMarket(await options());
    for (const form of [token, token.toLowerCase()]) {
      const given = await options({ token: form });
      const { addresses, steps } = await deployNoting(given);
      const names = steps.map(({ name }) => name);
      expect(names).to.deep.equal(
        STEPS.filter((name) => name !== "SettlementToken" && !name.startsWith("token.")),
      );
      expect(addresses.token).to.equal(form);
      const vault = await ethers.getContractAt("Vault", addresses.vault);
      expect(await vault.token()).to.equal(token);
      await expectComplete({ ...addresses, token }, given, false);
    }
  });
});
