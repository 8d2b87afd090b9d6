/** The project's Hardhat tasks; each is in a file of its own that is loaded when it is run. */
import { overrideTask, task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";

const optional = { type: ArgumentType.STRING_WITHOUT_DEFAULT, defaultValue: undefined } as const;

/** Hardhat takes no option twice, so what follows the first field to set stands behind it. */
const settings = {
  name: "settings" as const,
  description: "More fields to set",
  defaultValue: [] as string[],
};

/** Port of the console, unless another is named. */
const CONSOLE_PORT = 8550;

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

/** Options of the commands that run one scenario. */
const SCENARIO = {
  name: "scenario",
  description: "paper, small, scale, or the path of a YAML file",
  defaultValue: "paper",
} as const;
const PV = {
  name: "pv",
  description: "File with PV output or irradiance (docs/traces.md), instead of the scenario's",
  ...optional,
} as const;
const TASKS = {
  name: "tasks",
  description: "File with a workload (docs/traces.md), instead of the scenario's",
  ...optional,
} as const;
const SEED = {
  name: "seed",
  description: "Seed, instead of the scenario's",
  ...optional,
} as const;
const SET = {
  name: "set",
  description: "Field to set, as in battery.capacityWh=500; more of them may follow",
  ...optional,
} as const;

const STRATEGY = {
  name: "strategy",
  description: "TypeScript files with rules of your own (docs/strategies.md), separated by commas",
  ...optional,
} as const;

const simulate = task(
  "simulate",
  "Runs a scenario in memory under several strategies; writes a report",
)
  .addOption(SCENARIO)
  .addOption(PV)
  .addOption(TASKS)
  .addOption({
    name: "strategies",
    description: "Strategies, separated by commas, instead of the scenario's",
    ...optional,
  })
  .addOption(STRATEGY)
  .addOption(SEED)
  .addOption(SET)
  .addOption({
    name: "out",
    description:
      "Folder for the results (default: results/<scenario>, with the name of your rules)",
    ...optional,
  })
  .addFlag({ name: "check", description: "Check the balance of energy and money in every row" })
  .addFlag({ name: "skipBound", description: "Leave out the lower bound of the import" })
  .addFlag({
    name: "batteries",
    description: "Find the smallest batteries with which no PV is exported (some twenty more runs)",
  })
  .addVariadicArgument(settings)
  .setAction(() => import("./simulate.ts"))
  .build();

/** Options of the commands that run a scenario on a chain. */
const STRATEGY_NAME = {
  name: "strategyName",
  description: "Strategy to run",
  defaultValue: "opportunistic+esd+transfer",
} as const;
const OUT_ON_CHAIN = {
  name: "out",
  description: "Folder for the results (default: results/<scenario>-on-chain)",
  ...optional,
} as const;

const VERIFY = {
  name: "verify",
  description: "Run the same in memory afterwards, and compare every row, account and RV",
} as const;

const replay = task("replay", "Runs a scenario on a chain by signed transactions; writes a report")
  .addOption(SCENARIO)
  .addOption(PV)
  .addOption(TASKS)
  .addOption(SEED)
  .addOption(SET)
  .addOption(STRATEGY_NAME)
  .addOption(OUT_ON_CHAIN)
  .addFlag(VERIFY)
  .addVariadicArgument(settings)
  .setAction(() => import("./replay.ts"))
  .build();

const start = task("start", "Starts a devnet, deploys a market and runs a scenario on it")
  .addOption(SCENARIO)
  .addOption(PV)
  .addOption(TASKS)
  .addOption(SEED)
  .addOption(SET)
  .addOption(STRATEGY_NAME)
  .addOption(OUT_ON_CHAIN)
  .addOption({
    name: "port",
    description: "Port of the devnet",
    type: ArgumentType.INT,
    defaultValue: 8545,
  })
  .addOption({
    name: "consolePort",
    description: "Port of the console",
    type: ArgumentType.INT,
    defaultValue: CONSOLE_PORT,
  })
  .addFlag(VERIFY)
  .addFlag({ name: "once", description: "End after the run, without the console" })
  .addVariadicArgument(settings)
  .setAction(() => import("./start.ts"))
  .build();

const audit = task("audit", "Checks a market from public chain data alone")
  .setAction(() => import("./audit.ts"))
  .build();

const explore = task(
  "explore",
  "Serves the console: the market and every transaction, in a browser",
)
  .addOption({
    name: "host",
    description: "Address to listen at; others than 127.0.0.1 can be reached by other machines",
    type: ArgumentType.STRING,
    defaultValue: "127.0.0.1",
  })
  .addOption({
    name: "port",
    description: "Port to listen at",
    type: ArgumentType.INT,
    defaultValue: CONSOLE_PORT,
  })
  .setAction(() => import("./explore.ts"))
  .build();

const compare = task("compare", "Sets the results of several runs side by side")
  .addOption({ name: "out", description: "HTML file to write the comparison to", ...optional })
  .addVariadicArgument({ name: "runs", description: "Folders that simulate wrote" })
  .setAction(() => import("./compare.ts"))
  .build();

const sweep = task("sweep", "Runs a scenario over a grid of settings and many seeds, on all cores")
  .addOption({
    name: "scenario",
    description: "Name of a scenario that comes with heliomarket, or a file (docs/scenarios.md)",
    type: ArgumentType.STRING,
    defaultValue: "paper",
  })
  .addOption(STRATEGY)
  .addOption({
    name: "set",
    description:
      "Field and its values, as in battery.capacityWh=0,500,1000; more may follow; every combination is run",
    ...optional,
  })
  .addOption({
    name: "seeds",
    description: "With how many seeds each combination is run",
    type: ArgumentType.INT,
    defaultValue: 20,
  })
  .addOption({
    name: "out",
    description: "Folder for the results; a sweep that was stopped goes on there",
    type: ArgumentType.STRING,
    defaultValue: "results/sweep",
  })
  .addOption({
    name: "processes",
    description: "How many processes run at a time (default: one for each core)",
    type: ArgumentType.INT,
    defaultValue: 0,
  })
  .addFlag({
    name: "bound",
    description: "Compute the lower bound of the grid import, too",
  })
  .addVariadicArgument(settings)
  .setAction(() => import("./sweep.ts"))
  .build();

const runScript = overrideTask("run")
  .setAction(() => import("./run.ts"))
  .build();

/** All tasks, for `hardhat.config.ts`. */
export const tasks = [deploy, simulate, compare, sweep, replay, start, audit, explore, runScript];
