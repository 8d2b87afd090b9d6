/** One trade, from enrolment to withdrawal, on a devnet, whose clock it moves. How to run it: README. */
import assert from "node:assert/strict";
import { parseUnits, type Signer } from "ethers";
import { network } from "hardhat";
import { CertificateAuthority, validFor } from "../sim/identity/authority.ts";
import * as client from "../sim/market/client.ts";
const { ethers, networkHelpers, networkName } = await network.create();
const operator = await ethers.provider.getSigner(0); // deployed the market, and so holds all roles
const market = await client.openMarket(`deployments/${networkName}`, operator);
const yuan = (amount: string): bigint => parseUnits(amount, 6);
const USED = `The market was used; deploy another: npx hardhat deploy --network ${networkName} --fresh`;
// Enrolment: everybody has a certificate, and the registrar's signature about it.
const authority = await CertificateAuthority.create("Example CA", validFor(365));
const enrol = async (account: number, role: string): Promise<[Signer, bigint]> => {
  const wallet = await ethers.provider.getSigner(account);
  if (await market.identities.participantById(`my ${role}`)) throw new client.UserError(USED);
  const { certificate } = await authority.issue({ id: `my ${role}`, wallet: wallet.address, role });
  const participant = await client.enrol(market, certificate, wallet, operator);
  console.log(`enrolled: ${role} ${wallet.address} is participant ${participant}`);
  return [wallet, participant];
};
const [buyer, user] = await enrol(1, "user");
const [seller, dataCentre] = await enrol(2, "dataCentre");
const [meterKey, meter] = await enrol(3, "meter");
const [grid, gridOperator] = await enrol(4, "gridOperator");
const [, networkOperator] = await enrol(5, "networkOperator");
// The grid's prices from a slot on; in it, the plant is registered, and both traders deposit.
const first = (await market.tariff.currentSlot()) + 2n;
await client.mined(market.tariff.connect(grid).announce(first, yuan("1"), yuan("0.3")));
await networkHelpers.time.increaseTo(client.startOf(market.parameters, first));
const limits = { pvLimitWh: 20_000n, esdLimitWh: 0n, gridLimitWh: 20_000n, version: 1n };
const site = { dataCentre, meter, gridOperator, networkOperator, ...limits };
console.log("plant registered: block", await client.commission(market, site, seller, operator));
for (const trader of [buyer, seller]) await client.mined(market.token.mint(trader, yuan("100")));
for (const trader of [buyer, seller]) await client.deposit(market, yuan("100"), trader);
// The sealed auction of the next slot, for a task of 4 core-hours that needs 10 kWh.
const slot = first + 1n;
const task = { cores: 4n, coreSeconds: 14_400n, energy: 10_000n, priority: false };
const bid = { ...task, maxPrice: yuan("0.9"), earliest: slot, deadline: slot + 2n };
const offer = { price: yuan("0.4"), energy: 50_000n, cores: 64n };
const buying = client.newPlan(user, slot, { bids: [bid] });
const selling = client.newPlan(dataCentre, slot, { offers: [offer] });
console.log("bid sealed: block", await client.commit(market, buying, buyer));
console.log("offer sealed: block", await client.commit(market, selling, seller));
await networkHelpers.time.increaseTo(client.windowsOf(market.parameters, slot).revealFrom);
console.log("bid revealed: block", await client.reveal(market, buying, buyer));
console.log("offer revealed: block", await client.reveal(market, selling, seller));
await networkHelpers.time.increaseTo(client.beaconEndOf(market.parameters, slot));
const [contractId = 0n] = await client.clear(market, slot, operator);
console.log("auction cleared: contract", contractId);
// Metered delivery: the reading of each slot pays for what it attests. Then both withdraw.
await networkHelpers.time.increaseTo(client.startOf(market.parameters, slot + 1n));
const delivery = { contractId, coreSeconds: 14_400n, pv: 10_000n, esd: 0n, grid: 0n };
const work = { pv: 12_000n, deliveries: [delivery] };
await client.submit(market, client.newReading(dataCentre, first), meterKey);
await client.submit(market, client.newReading(dataCentre, slot, work), meterKey);
console.log("delivered, paid:", (await market.supply.contractOf(contractId)).paid);
assert.equal(await client.withdrawAll(market, buyer), yuan("93.5")); // half way between 0.4 and 0.9
assert.equal(await client.withdrawAll(market, seller), yuan("106.5"));
console.log("withdrawn: 93.5 and 106.5 yuan, as expected");
