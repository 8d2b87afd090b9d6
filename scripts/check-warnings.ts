// Compiles everything anew and fails if the Solidity compiler warns about anything
// in this project. Run by `npm run check:warnings`.

import hre from "hardhat";

/** Libraries are not ours to change. */
const LIBRARY = /^(\.\/)?(node_modules|npm)\//;

/** "Contract code size exceeds ...": tests and mocks are never deployed to a real network. */
const SIZE_WARNINGS = new Set(["5574", "3860"]);
const NOT_DEPLOYED = /^(\.\/)?(project\/)?(test|contracts\/mocks)\//;

const roots = await hre.solidity.getRootFilePaths();
const results = await hre.solidity.build(roots, { force: true, quiet: true });
if (!(results instanceof Map)) throw new Error(`The build failed: ${results.reason}`);

const messages = new Set<string>();
for (const result of results.values()) {
  const diagnostics =
    "errors" in result ? result.errors : "warnings" in result ? result.warnings : [];
  for (const { errorCode, formattedMessage, message } of diagnostics) {
    const file = /^ *--> ([^\s:]+)/m.exec(formattedMessage ?? "")?.[1] ?? "";
    if (LIBRARY.test(file)) continue;
    if (SIZE_WARNINGS.has(errorCode ?? "") && NOT_DEPLOYED.test(file)) continue;
    messages.add((formattedMessage ?? message).trim());
  }
}

for (const message of messages) console.error(`${message}\n`);
console.log(`Solidity compiler: ${messages.size} warnings in ${roots.length} files`);
if (messages.size > 0) process.exitCode = 1;
