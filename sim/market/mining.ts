/** Whether a devnet mines by itself: a replay that was stopped may have left it so that nothing gets into a block. */

/** Asks a node; rejects if it does not know the method. */
export type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** False if it is a devnet that waits to be told to mine. */
export async function minesByItself(ask: Ask): Promise<boolean> {
  try {
    return (await ask("hardhat_getAutomine", [])) !== false;
  } catch {
    // Others mine there.
    return true;
  }
}

/** Has a devnet mine by itself again, and what waits there, too. */
export async function startMining(ask: Ask): Promise<void> {
  await ask("evm_setAutomine", [true]);
  await ask("evm_mine", []);
}
