import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { builtInScenarios, loadScenario } from "../../../sim/scenario/load.ts";
import { TestFiles } from "../../support/files.ts";

describe("loadScenario", () => {
  const files = new TestFiles();

  /** The message about a scenario with this text; its path is written as FILE. */
  async function messageOf(
    text: string,
    overrides: readonly string[] = [],
    strategies: readonly string[] = [],
  ): Promise<string> {
    const path = await files.write("s.yaml", text);
    try {
      await loadScenario(path, overrides, strategies);
    } catch (error) {
      expect(error).to.be.instanceOf(UserError);
      return (error as Error).message.replaceAll(path, "FILE");
    }
    return "";
  }

  // ---------------------------------------------------------------- what there is

  it("has the paper's sizes", async () => {
    const { scenario, path } = await loadScenario("paper");
    expect(path).to.match(/scenarios\/paper\.yaml$/);
    const { microgrids, server, tasks, hours } = scenario;
    expect([microgrids.count, microgrids.dataCentres, server.count]).to.deep.equal([10, 3, 5]);
    expect([tasks.priority.count, tasks.deferrable.count, hours]).to.deep.equal([787, 3148, 168]);
  });

  it("gives in paper.yaml what is also the default", async () => {
    const { scenario } = await loadScenario(await files.write("empty.yaml", "name: paper\n"));
    expect((await loadScenario("paper")).scenario).to.deep.equal(scenario);
  });

  it("loads every scenario that comes with heliomarket", async () => {
    const names = await builtInScenarios();
    expect(names).to.deep.equal(["paper", "scale", "small"]);
    for (const name of names) expect((await loadScenario(name)).scenario.name).to.equal(name);
    const { microgrids, tasks, strategies } = (await loadScenario("scale")).scenario;
    expect(microgrids.count).to.equal(1000);
    expect(tasks.priority.count + tasks.deferrable.count).to.equal(393_500);
    expect(strategies).to.deep.equal(["opportunistic+esd+transfer"]);
  });

  it("takes overrides, into lists too, and leaves the defaults of others as they are", async () => {
    const sets = [
      "battery.capacityWh=500",
      "tasks.coreShares.0.share=1",
      "server.powerW=[60, 200]",
      "microgrids.sites.0.name=Elsewhere",
      "market={ k: 5 }",
      "name=other",
    ];
    const { scenario } = await loadScenario("small", sets);
    expect(scenario.battery.capacityWh).to.equal(500);
    expect(scenario.tasks.coreShares.map(({ share }) => share)).to.deep.equal([1, 0.35, 0.2]);
    expect(scenario.server.powerW).to.deep.equal([60, 200]);
    expect(scenario.market).to.deep.equal({ k: 5, sellerShare: 0.5, relayed: 0 });
    expect(scenario.name).to.equal("other");
    const again = (await loadScenario("small")).scenario;
    expect(again.microgrids.sites[0]?.name).to.equal("Nantes");
    expect(again.tasks.coreShares[0]?.share).to.equal(0.45);
  });

  it("looks for files beside the scenario, and for those of overrides here", async () => {
    const text = "name: a\npv: { file: sun.csv }\ntasks: { file: sub/../jobs.csv }\n";
    const path = await files.write("files.yaml", text);
    const { scenario } = await loadScenario(path);
    expect(scenario.pv.file).to.equal(files.path("sun.csv"));
    expect(scenario.tasks.file).to.equal(files.path("jobs.csv"));
    const set = await loadScenario(path, ["pv.file=data/sun.csv"]);
    expect(set.scenario.pv.file).to.equal("data/sun.csv");
  });

  it("names files relatively where it can", async () => {
    const inside = await mkdtemp(join(process.cwd(), "scenario-"));
    try {
      const path = join(inside, "s.yaml");
      await writeFile(path, "name: a\npv: { file: sun.csv }\n");
      const loaded = await loadScenario(path);
      expect(loaded.path).to.equal(relative(process.cwd(), path));
      expect(loaded.scenario.pv.file).to.equal(relative(process.cwd(), join(inside, "sun.csv")));
    } finally {
      await rm(inside, { recursive: true });
    }
  });

  it("takes a byte order mark, aliases and strategies that the caller knows", async () => {
    const text =
      "\ufeffname: a\nserver: { cores: &c 8 }\ntasks: { users: *c }\nstrategies: [mine+esd]\n";
    expect(await messageOf(text, [], ["mine"])).to.equal("");
    expect(await messageOf(text)).to.match(/^FILE:4:14: field `strategies.0`: "mine\+esd" is no/);
  });

  // ---------------------------------------------------------------- fields

  for (const [title, text, message] of [
    [
      "a number out of range",
      "battery:\n  capacityWh: -1",
      "FILE:3:15: field `battery.capacityWh`: must be a number from 0 to 10000000, is -1; give such a value, or leave the field out for its default, 1000",
    ],
    [
      "a number in quotes",
      'hours: "48"',
      'FILE:2:8: field `hours`: must be a whole number from 1 to 8784, is the text "48"; write it without quotes: 48',
    ],
    [
      "a number with a unit",
      "battery: { capacityWh: 500 Wh }",
      '`battery.capacityWh`: must be a number from 0 to 10000000, is the text "500 Wh"; leave the unit out: 500',
    ],
    ["a decimal comma", "market: { sellerShare: '0,4' }", "write it with a decimal point: 0.4"],
    ["a comma among thousands", "tasks:\n  users: 1,000", "write it without the comma: 1000"],
    [
      "a fraction of a whole number",
      "hours: 1.5",
      "must be a whole number from 1 to 8784, is 1.5;",
    ],
    ["infinity", "pv: { regionalShare: .inf }", "must be a number from 0 to 1, is Infinity;"],
    [
      "a word for true",
      "server: { switchOffIdle: yes }",
      'must be true or false, is the text "yes"; write true',
    ],
    [
      "a number that there is no choice of",
      "stepMinutes: 7",
      "must be one of 60, 30, 15, 10, 5, is 7;",
    ],
    ["the beginning of a choice", "battery: { chemistry: lithium }", "did you mean lithium-ion?"],
    [
      "an unknown field",
      "battery: { capacityWH: 5 }",
      "FILE:2:12: field `battery.capacityWH`: there is none; did you mean `capacityWh`?",
    ],
    [
      "an unknown field like no other",
      "colour: red",
      "FILE:2:1: field `colour`: there is none; the fields here are name, seed,",
    ],
    [
      "a path as a name",
      "battery.capacityWh: 5",
      "there is none; write `battery:` and, indented below it, `capacityWh:`",
    ],
    [
      "an unknown field in a list",
      "tasks: { coreShares: [{ cores: 1, share: 1, core: 2 }] }",
      "`tasks.coreShares.0.core`: there is none; did you mean `cores`?",
    ],
    [
      "an empty section",
      "plant:",
      "field `plant`: must be a mapping of fields, is empty; write its fields below it, indented, or leave it out",
    ],
    [
      "a value for a section",
      "market: 5",
      "FILE:2:9: field `market`: must be a mapping of k, sellerShare, relayed, is 5;",
    ],
    [
      "a list that is too short",
      "server: { powerW: [5] }",
      "must be a list of 2 to 101 entries, each a number of at least 0, is [5];",
    ],
    [
      "a value in a list",
      "server: { powerW: [5, x] }",
      'FILE:2:23: field `server.powerW.1`: must be a number of at least 0, is the text "x"; give such a value',
    ],
    [
      "a missing field in a list",
      "microgrids:\n  sites:\n    - { name: x, latitude: 1 }",
      "FILE:4:7: field `microgrids.sites.0.longitude`: must be a number from -180 to 180, is missing; give such a value",
    ],
    [
      "neither one nor the other",
      "emissions: { gridGramsPerKWh: [1] }",
      "FILE:2:31: field `emissions.gridGramsPerKWh`: must be a number of at least 0, or a list of at least 24 entries, each a number of at least 0, is [1];",
    ],
    ["a key of JavaScript's", "__proto__: { hours: 5 }", "field `__proto__`: there is none;"],
    // Between fields.
    [
      "a time that is not a full hour",
      "start: 2015-06-22T00:30:00Z",
      "FILE:2:8: field `start`: must be a full hour of a day in UTC, is the text",
    ],
    ["a time without a zone", "start: 2015-06-22T00:00:00", "must be a full hour of a day in UTC"],
    [
      "a day that there is not",
      "start: 2015-02-30T00:00:00Z",
      "must be a full hour of a day in UTC",
    ],
    [
      "a falling power",
      "server: { powerW: [10, 5] }",
      "FILE:2:24: field `server.powerW.1`: must not be below the power before it, 10, is 5;",
    ],
    [
      "figures without custom chemistry",
      "battery: { efficiency: 0.9 }",
      "`battery.efficiency`: only the custom chemistry takes it, and battery.chemistry is lithium-ion;",
    ],
    [
      "custom chemistry without figures",
      "battery: { chemistry: custom, efficiency: 0.9 }",
      "FILE:2:23: field `battery.depthOfDischarge`: must be given with the custom chemistry, is missing;",
    ],
    [
      "prices the wrong way round",
      "tasks: { priority: { lowestMaxPrice: 2 } }",
      "FILE:2:38: field `tasks.priority.highestMaxPrice`: must not be below lowestMaxPrice, 2, is 1.6;",
    ],
    [
      "tasks that no server holds",
      "server: { cores: 2 }",
      "FILE:2:18: field `tasks.coreShares.2.cores`: must be at most server.cores, 2, is 4;",
    ],
    [
      "tasks that need more memory",
      "server: { memoryGb: 7 }",
      "with tasks.memoryGbPerCore of 2, 4 cores ask for 8 GB, but server.memoryGb is 7;",
    ],
    [
      "shares without a sum",
      "tasks: { coreShares: [{ cores: 1, share: 0 }] }",
      "the shares must have a sum above 0",
    ],
    [
      "no task",
      "tasks: { priority: { count: 0 }, deferrable: { count: 0 } }",
      "a run needs a task",
    ],
    [
      "more who misbehave than there are",
      "misbehaviour: { neverReveal: 0.7, revealLate: 0.4 }",
      "FILE:2:30: field `misbehaviour.neverReveal`: the shares of all who misbehave must have a sum of at most 1, have 1.1;",
    ],
    [
      "emissions of half a day",
      `emissions: { gridGramsPerKWh: [${"5, ".repeat(35)}5] }`,
      "must be values of whole days, 24 for each, has 36;",
    ],
    [
      "a strategy twice",
      "strategies: [opportunistic, opportunistic]",
      'FILE:2:29: field `strategies.1`: "opportunistic" is there twice;',
    ],
    [
      "a strategy's parts in the wrong order",
      "strategies: [opportunistic+transfer+esd]",
      'did you mean "opportunistic+esd+transfer"? There are grid-only, contract-only, opportunistic, look-ahead, each with',
    ],
    [
      "a field for a file that is not there",
      "pv: { year: 2015 }",
      "FILE:2:13: field `pv.year`: does nothing without `pv.file`; give the file, or leave it out",
    ],
    [
      "a time zone that there is not",
      "pv: { file: a.csv, timeZone: Nantes }",
      'must be an IANA time zone, is the text "Nantes"; write it like Europe/Paris',
    ],
  ] as const) {
    it(`refuses ${title}`, async () => {
      expect(await messageOf(`name: x\n${text}\n`)).to.include(message);
    });
  }

  it("needs a name", async () => {
    expect(await messageOf("hours: 5\n")).to.equal(
      "FILE:1:1: field `name`: must be a text of 1 to 60 characters, letters, digits, spaces and . _ - only, the first a letter or digit, is missing; give such a value",
    );
  });

  it("takes no name that would lead out of the folder of results", async () => {
    for (const name of ["../../evil", "/tmp/evil", "a/b", "a\\\\b", ".hidden", "..", "-x", " x"]) {
      expect(await messageOf(`name: "${name}"\n`), name).to.equal(
        `FILE:1:7: field \`name\`: must be a text of 1 to 60 characters, letters, digits, spaces and . _ - only, the first a letter or digit, is the text "${name}"; give such a value`,
      );
    }
    expect(await messageOf("name: fine\n", ["name=../evil"])).to.contain(
      "--set name=../evil: field `name`: must be",
    );
    for (const name of ["summer 2015", "k-3_b.1", "3", "été", "电价"])
      expect(await messageOf(`name: "${name}"\n`), name).to.equal("");
  });

  it("says everything at once, in the order of the file, options last", async () => {
    const text = ["name: x", "seed: 1.5", "a: 1", "b: 1", "c: 1", "d: 1", "e: 1", "f: 1", "g: 1"];
    const message = await messageOf(`${text.join("\n")}\nhours: 0\n`, ["battery.capacityWh=-1"]);
    expect(message.split("\n").map((line) => line.trim().split(" ")[0])).to.deep.equal([
      "FILE",
      ...[2, 3, 4, 5, 6, 7, 8, 9].map((line) => `FILE:${line}:${line === 2 ? 7 : 1}:`),
      "FILE:10:8:",
      "--set",
    ]);
    expect(message).to.match(/^FILE has 10 faults:\n/);
  });

  it("says what is wrong between fields together with what is wrong in them", async () => {
    const text = [
      "name: x",
      "seed: 1.5",
      "prices:",
      "  feedInYuanPerKWh: 2",
      "tasks:",
      "  coreShares:",
    ];
    const share = (cores: string): string => `    - { cores: ${cores}, share: 1 }`;
    const message = await messageOf([...text, share("7"), ""].join("\n"));
    expect(message.split("\n").map((line) => line.trim())).to.deep.equal([
      "FILE has 3 faults:",
      "FILE:2:7: field `seed`: must be a whole number from 0 to 2147483647, is 1.5; give such a value, or leave the field out for its default, 1",
      "FILE:4:21: field `prices.feedInYuanPerKWh`: must not be above gridYuanPerKWh, 1, is 2; the market takes no tariff by which energy could be imported and sold back at a gain",
      "FILE:7:16: field `tasks.coreShares.0.cores`: must be at most server.cores, 6, is 7; a task runs on one server",
    ]);
    // Of a field that is wrong by itself, nothing else is said, nor of one that is compared with it.
    const wrong = await messageOf(
      [...text, share("many"), "server:", "  powerW: [3, 2, 1]", "  cores: none", ""].join("\n"),
      ["prices.gridYuanPerKWh=-1"],
    );
    const fields = [...wrong.matchAll(/field `([^`]*)`/g)].map(([, name]) => name);
    expect(fields).to.deep.equal([
      "seed",
      "tasks.coreShares.0.cores",
      "server.powerW.1",
      "server.powerW.2",
      "server.cores",
      "prices.gridYuanPerKWh",
    ]);
  });

  it("points to sweeps for several values", async () => {
    expect(await messageOf("name: x\n", ["battery.capacityWh=0,500"])).to.equal(
      '--set battery.capacityWh=0,500: field `battery.capacityWh`: must be a number from 0 to 10000000, is the text "0,500"; ' +
        "give one value, a decimal with a point, or run them all: npx hardhat sweep --set battery.capacityWh=0,500",
    );
    expect(await messageOf("name: x\n", ["battery.chemistry=lead-acid,lithium-ion"])).to.match(
      /or run them all: npx hardhat sweep --set battery.chemistry=lead-acid,lithium-ion$/,
    );
    expect(await messageOf("name: x\n", ["strategies=grid-only,opportunistic"])).not.to.contain(
      "sweep",
    );
  });

  // ---------------------------------------------------------------- options

  for (const [title, sets, message] of [
    [
      "a value out of range",
      ["battery.capacityWh=-1"],
      "--set battery.capacityWh=-1: field `battery.capacityWh`: must be a number from 0",
    ],
    [
      "an unknown field",
      ["batery.capacityWh=1"],
      "--set batery.capacityWh=1: field `batery`: there is none; did you mean `battery`?",
    ],
    [
      "a section",
      ["battery=5"],
      "--set battery=5: field `battery`: must be a mapping of fields, is 5;",
    ],
    [
      "a conflict with the file",
      ["server.cores=2"],
      "--set server.cores=2: field `tasks.coreShares.2.cores`: must be at most server.cores, 2, is 4;",
    ],
    [
      "what is wrong in a default list",
      ["tasks.coreShares.1.cores=9"],
      "--set tasks.coreShares.1.cores=9: field `tasks.coreShares.1.cores`: must be at most",
    ],
    [
      "a text without a value",
      ["battery.capacityWh"],
      "--set battery.capacityWh: must be a field and its value; write it like battery.capacityWh=500",
    ],
    ["an empty value", ["battery.capacityWh="], "must be a number from 0 to 10000000, is empty;"],
    ["an empty name", ["battery..capacityWh=1"], "must be a field and its value"],
    ["a key of JavaScript's", ["__proto__.hours=1"], "must be a field and its value"],
    ["an inherited name", ["constructor.prototype.x=1"], "field `constructor`: there is none;"],
    [
      "no YAML",
      ["server.powerW=[1"],
      "--set server.powerW=[1: the value is not YAML: Flow sequence",
    ],
    [
      "a field twice",
      ["hours=1", "hours=2"],
      "--set hours=2: field `hours` is set twice; leave one out",
    ],
  ] as const) {
    it(`refuses an option with ${title}`, async () => {
      expect(await messageOf("name: x\n", sets)).to.include(message);
    });
  }

  // ---------------------------------------------------------------- files

  for (const [title, text, message] of [
    ["nothing", "", "FILE:1:1: the file is empty; a scenario has at least its `name`"],
    ["comments only", "# hi\n", "FILE:1:1: the file is empty;"],
    [
      "a list",
      "- 1\n",
      "FILE:1:1: the scenario must be a mapping of fields, such as `name: my-study`",
    ],
    [
      "a tab",
      "battery:\n\tcapacityWh: 3\n",
      "FILE:2:1: a tab indents this line; indent with spaces",
    ],
    ["two documents", "name: a\n---\nname: b\n", "FILE:2:1: a second document begins here;"],
    ["no YAML", "name: [1\n", "FILE:2:1: not YAML: Flow sequence"],
    ["a tag", "name: !x 1\n", "FILE:1:7: not YAML: Unresolved tag: !x"],
    ["an alias of nothing", "name: *x\n", "FILE: its aliases cannot be resolved (Unresolved alias"],
    [
      "a field twice and another fault",
      "name: x\nhours: 5\nhours: 0\n",
      "FILE has 2 faults:\n  FILE:3:1: field `hours`: is there twice; keep one\n  FILE:3:8: field `hours`: must be",
    ],
  ] as const) {
    it(`refuses a file with ${title}`, async () => {
      expect(await messageOf(text)).to.include(message);
    });
  }

  it("lists the scenarios if there is no such one", async () => {
    const list = "one of the scenarios that come with heliomarket: paper, scale, small.";
    for (const [name, message] of [
      ["papr", `There is no scenario papr. Did you mean paper? Give a file, or ${list}`],
      [files.path("none.yaml"), `none.yaml. Give a file, or ${list}`],
      [files.path(), `is a folder. Give a file, or ${list}`],
    ] as const) {
      const error = await loadScenario(name).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error?.message).to.include(message);
    }
  });
});
