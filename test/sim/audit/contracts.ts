import { expect } from "chai";
import { concat, dataLength, getCreateAddress, id, toBeHex, zeroPadValue } from "ethers";

import { audit, type AuditedMarket, type AuditReport } from "../../../sim/audit/audit.ts";
import { Role, type Address } from "../../../sim/market/ledger.ts";
import { domainOf, ENROLMENT_TYPES } from "../../../sim/market/messages.ts";
import { resultOf } from "../../../sim/market/rpc.ts";
import { auditedMarket, corrupted, resultsOf } from "../../support/audit.ts";
import { Twin, type Call } from "../../support/twin.ts";

const YUAN = 1_000_000n;
const FAR = 4_000_000_000n;

/**
 * A contract that calls the address in the first word of its calldata with the bytes whose length is in the second, and fails
 * if that fails.
 */
const FORWARDER = concat([
  // Copies the 31 bytes that follow to memory and returns them as the code.
  "0x601f80600a5f395ff3fe",
  // size = calldata[32]; memory[0…] = calldata[64…]; call(gas, calldata[0], 0, 0, size, 0, 0)
  "0x602035806040600037600060008260006000600035",
  // … and revert unless it succeeded.
  "0x5af1601e57600080fd5b00",
]);

interface TransferLog {
  topics: string[];
  data: string;
}

describe("the audit of a market that contracts use", function () {
  this.timeout(0);
  let twin: Twin;
  let market: AuditedMarket;
  let forwarder: Address;
  let time: bigint;

  before(async () => {
    twin = await Twin.create({});
    market = await auditedMarket(twin);
    time = twin.parameters.genesis;
    const { admin } = twin;
    const nonce = await ask("eth_getTransactionCount", [admin, "latest"]);
    forwarder = getCreateAddress({ from: admin, nonce: Number(nonce) });
    await ask("eth_sendTransaction", [{ from: admin, data: FORWARDER }]);
  });

  async function ask(method: string, params: readonly unknown[]): Promise<unknown> {
    const [answer] = await twin.transport.rpc([{ method, params }]);
    return resultOf(answer);
  }

  const call = async (made: Call): Promise<void> => {
    time += 10n;
    expect((await twin.call(made, time)).ok).to.equal(true);
  };

  /** Has the forwarder call one of the market's contracts. */
  async function forward(
    key: keyof AuditedMarket["interfaces"],
    name: string,
    args: readonly unknown[],
  ): Promise<void> {
    const data = market.interfaces[key].encodeFunctionData(name, args);
    const head = [zeroPadValue(market.addresses[key], 32), toBeHex(dataLength(data), 32)];
    const request = { from: twin.admin, to: forwarder, data: concat([...head, data]) };
    const hash = await ask("eth_sendTransaction", [request]);
    const receipt = (await ask("eth_getTransactionReceipt", [hash])) as { status: string };
    expect(receipt.status).to.equal("0x1");
  }

  const auditNow = (): Promise<AuditReport> => audit({ market, rpc: twin.transport.rpc });

  it("follows the calls that stand in the contract's calldata", async () => {
    const { admin, addresses, chainId } = twin;
    await call({ name: "mint", from: admin, args: [forwarder, 10n * YUAN] });
    // The contract is a participant's wallet.
    const enrolment = {
      ...{ id: "contract", wallet: forwarder, role: Role.user, certificate: id("contract") },
      ...{ validUntil: FAR, expiry: FAR },
    };
    const domain = domainOf("identities", addresses.identities, chainId);
    const signature = await twin.transport.sign(admin, domain, ENROLMENT_TYPES, enrolment);
    await forward("identities", "enrol", [enrolment, signature]);
    await forward("token", "approve", [addresses.vault, 4n * YUAN]);
    await forward("vault", "deposit", [3n * YUAN]);
    await forward("vault", "depositFor", [1n, 1n * YUAN]);
    await forward("vault", "withdraw", [2n * YUAN, admin]);
    // Tokens that come without a deposit belong to nobody.
    await forward("token", "transfer", [addresses.vault, 5n]);

    const { difference, counts } = await auditNow();
    expect(difference?.message).to.equal(undefined);
    expect(counts["calls through other contracts"]).to.equal(4);
    expect(counts["participants"]).to.equal(1);
  });

  /** What an audit says if the transfer of 5 micro-yuan to the vault is another. */
  async function differenceWithTransfer(change: (log: TransferLog) => void): Promise<string> {
    const changed = resultsOf("eth_getLogs", (result) => {
      for (const log of result as TransferLog[]) if (log.data === toBeHex(5n, 32)) change(log);
      return result;
    });
    const { difference } = await audit({ market, rpc: corrupted(twin.transport.rpc, changed) });
    return difference?.message ?? "none";
  }

  it("sees that a wallet spends what it does not have", async () => {
    const more = await differenceWithTransfer((log) => (log.data = toBeHex(100n * YUAN, 32)));
    expect(more).to.equal(
      `tokens of ${forwarder}: expected a transfer of at most ${6n * YUAN}, found ${100n * YUAN}`,
    );
  });

  it("sees that the vault loses what it does not tell of", async () => {
    const vault = zeroPadValue(market.addresses.vault, 32);
    const lost = await differenceWithTransfer(({ topics }) => {
      [topics[1], topics[2]] = [vault, topics[1]!];
    });
    expect(lost).to.equal(
      "tokens that the vault received and sent: expected 0 and 0, as its events say, found 0 and 5",
    );
  });

  it("passes on what the access manager's caller may do", async () => {
    const { admin, addresses } = twin;
    const data = market.interfaces.identities.encodeFunctionData("revoke", [1n]);
    const execute = market.interfaces.authority.encodeFunctionData("execute", [
      addresses.identities,
      data,
    ]);
    await ask("eth_sendTransaction", [{ from: admin, to: addresses.authority, data: execute }]);
    const { difference, counts } = await auditNow();
    expect(difference?.message).to.equal(undefined);
    expect(counts["calls through other contracts"]).to.equal(5);
  });

  it("follows a role to its new holder", async () => {
    const { admin, addresses } = twin;
    const other = await twin.transport.wallet("another pauser");
    const codec = market.interfaces.authority;
    for (const data of [
      codec.encodeFunctionData("grantRole", [3n, other, 0]),
      codec.encodeFunctionData("revokeRole", [3n, admin]),
    ])
      await ask("eth_sendTransaction", [{ from: admin, to: addresses.authority, data }]);
    const pause = market.interfaces.auction.encodeFunctionData("setPaused", [true]);
    await ask("eth_sendTransaction", [{ from: other, to: addresses.auction, data: pause }]);
    const { difference, counts } = await auditNow();
    expect(difference?.message).to.equal(undefined);
    expect(counts["calls confirmed"]).to.equal(1);
  });

  it("counts what fails for reasons that are none of the market's", async () => {
    const { admin, addresses } = twin;
    const data = market.interfaces.auction.encodeFunctionData("discardRanking");
    const gas = "0x30000";
    for (const request of [
      { data, value: "0x1" },
      { data: "0x12345678" },
      { data: `${data}00`, value: "0x1" },
    ])
      await ask("eth_sendTransaction", [
        { from: admin, to: addresses.auction, gas, ...request },
      ]).catch(() => undefined);
    const { difference, counts } = await auditNow();
    expect(difference?.message).to.equal(undefined);
    expect(counts["calls failed for other reasons"]).to.equal(3);
  });
});
