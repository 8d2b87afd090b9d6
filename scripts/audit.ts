/** `npx hardhat audit`: checks a market from public chain data alone. */
import { join } from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Result } from "hardhat/types/utils";

import { audit, type AuditReport } from "../sim/audit/audit.ts";
import { LOCK_REASONS } from "../sim/audit/locks.ts";
import { readAuditedMarket } from "../sim/audit/record.ts";
import { UserError } from "../sim/errors.ts";
import { httpRpc, type Rpc } from "../sim/market/rpc.ts";
import { requireSameChain } from "../sim/market/sameChain.ts";
import { run } from "./action.ts";
import { showProgress } from "./progress.ts";

/** The task's action. */
export default function action(
  _: object,
  hre: HardhatRuntimeEnvironment,
): Promise<Result<undefined, UserError>> {
  return run(async () => {
    const connection = await hre.network.create();
    try {
      const { networkName, networkConfig } = connection;
      if (networkConfig.type !== "http") throw inProcess(networkName);
      const folder = join(hre.config.paths.root, "deployments", networkName);
      await auditAndPrint(folder, networkName, httpRpc(await networkConfig.url.getUrl()));
    } finally {
      await connection.close();
    }
  });
}

const inProcess = (networkName: string): UserError =>
  new UserError(
    `The network ${networkName} begins and ends with this command, so that there is nothing to audit. ` +
      `Add "--network localhost" for a market on a devnet, or the name of another network with a market.`,
  );

/** Steps of the progress bar. */
const STEPS = 1000;

async function auditAndPrint(folder: string, networkName: string, rpc: Rpc): Promise<void> {
  const market = await readAuditedMarket(folder);
  await requireSameChain(rpc, market, folder);
  const began = performance.now();
  const progress = showProgress();
  let report: AuditReport;
  try {
    report = await audit({
      market,
      rpc,
      onProgress: (share, label) => {
        progress.update(Math.floor(share * STEPS), STEPS, label);
      },
    });
  } finally {
    progress.stop();
  }
  print(report, networkName, market.chainId, (performance.now() - began) / 1000);
}

function print(
  { firstBlock, lastBlock, counts, locks, difference }: AuditReport,
  networkName: string,
  chainId: bigint,
  seconds: number,
): void {
  console.log(
    `Market on ${networkName}, chain ${chainId}, blocks ${firstBlock} to ${lastBlock}, ${seconds.toFixed(1)} s. Checked:`,
  );
  printRows(Object.entries(counts).map(([name, count]) => [name, count.toString()]));
  if (locks !== undefined) {
    console.log("Locked, micro-yuan, and why:");
    printRows(LOCK_REASONS.map((reason) => [reason, locks[reason].toString()]));
  }
  if (difference === undefined) {
    console.log("No difference.");
    return;
  }
  const { where, expected, found, transaction } = difference;
  const about = transaction === undefined ? "" : `\n  transaction ${transaction}`;
  throw new UserError(
    `The chain differs from the market's rules.\n  where       ${where}\n  expected    ${expected}\n  found       ${found}${about}`,
  );
}

function printRows(rows: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const digits = Math.max(0, ...rows.map(([, value]) => value.length));
  for (const [name, value] of rows)
    console.log(`  ${name.padEnd(width)}  ${value.padStart(digits)}`);
}
