/** The project's Hardhat tasks; each is in a file of its own that is loaded when it is run. */
import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";

const optional = { type: ArgumentType.STRING_WITHOUT_DEFAULT, defaultValue: undefined } as const;

const deploy = task("deploy", "Deploys a market, or completes one; records it in deployments/")
  .addOption({
    name: "parameters",
    description: "JSON file with the market's parameters; what it leaves out has its default",
    ...optional,
  })
  .addOption({
    name: "token",
    description: "Address of the ERC-20 to settle in, instead of a new one",
    ...optional,
  })
  .addOption({
    name: "registrar",
    description: "Address that enrols and revokes participants (default: the deployer)",
    ...optional,
  })
  .addOption({
    name: "issuer",
    description: "Address that mints the settlement token (default: the deployer)",
    ...optional,
  })
  .addOption({
    name: "pauser",
    description: "Address that pauses new commitments (default: the deployer)",
    ...optional,
  })
  .addOption({
    name: "treasurer",
    description: "Address that pays out of the penalty pool (default: the deployer)",
    ...optional,
  })
  .addFlag({
    name: "fresh",
    description: "Deploy a new market; the record of the old one is moved aside",
  })
  .setAction(() => import("./deploy.ts"))
  .build();

/** All tasks, for `hardhat.config.ts`. */
export const tasks = [deploy];
