/** Whether the chain has the market that a deployment's record describes. */
import { UserError } from "../errors.ts";
import type { MarketAddresses } from "../market/deployment.ts";
import type { MarketParameters } from "../market/parameters.ts";
import type { Rpc } from "../market/rpc.ts";
import type { AuditedMarket } from "./audit.ts";
import { requireSame } from "./difference.ts";

/**
 * Compares the record with the directory, which knows the market's parts and parameters.
 *
 * @throws Difference if an address or a parameter is another one
 * @throws UserError if there is no directory at its address
 */
export async function requireAsDeployed(
  rpc: Rpc,
  { addresses, parameters, interfaces }: AuditedMarket,
  block: number,
): Promise<void> {
  const codec = interfaces.directory;
  const views = ["addresses", "parameters"] as const;
  const answers = await rpc(
    views.map((view) => ({
      method: "eth_call",
      params: [
        { to: addresses.directory, data: codec.encodeFunctionData(view) },
        `0x${block.toString(16)}`,
      ],
    })),
  );
  const [foundAddresses, foundParameters] = views.map((view, i) => {
    const data = answers[i]?.result;
    if (typeof data !== "string" || data === "0x")
      throw new UserError(
        `There is no market at ${addresses.directory} in block ${block} (${answers[i]?.error?.message ?? "no contract"}).`,
      );
    return codec.decodeFunctionResult(view, data)[0] as unknown;
  }) as [MarketAddresses, MarketParameters];
  for (const key of Object.keys(addresses) as (keyof MarketAddresses)[])
    if (key !== "directory")
      requireSame(`address of ${key} in the record`, foundAddresses[key], addresses[key]);
  for (const key of Object.keys(parameters) as (keyof MarketParameters)[])
    requireSame(`parameter ${key} in the record`, foundParameters[key], parameters[key]);
}
