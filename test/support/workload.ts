/** Scenarios and files for tests of workloads. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Value } from "typebox/value";

import { ScenarioSchema, type Scenario } from "../../sim/scenario/schema.ts";
import type { Task } from "../../sim/traces/task.ts";

/** Changes of a scenario, section by section. */
export interface Changes {
  readonly run?: Partial<Pick<Scenario, "seed" | "start" | "hours">>;
  readonly server?: Partial<Scenario["server"]>;
  readonly tasks?: Partial<Omit<Scenario["tasks"], "priority" | "deferrable">>;
  readonly priority?: Partial<Scenario["tasks"]["priority"]>;
  readonly deferrable?: Partial<Scenario["tasks"]["deferrable"]>;
}

/** The default scenario with changes. */
export function workloadScenario(changes: Changes = {}): Scenario {
  const base = Value.Default(ScenarioSchema, { name: "test" }) as Scenario;
  const scenario = {
    ...base,
    ...changes.run,
    server: { ...base.server, ...changes.server },
    tasks: {
      ...base.tasks,
      ...changes.tasks,
      priority: { ...base.tasks.priority, ...changes.priority },
      deferrable: { ...base.tasks.deferrable, ...changes.deferrable },
    },
  };
  if (!Value.Check(ScenarioSchema, scenario)) throw new Error("The test's scenario is none.");
  return scenario;
}

/** What is wrong with tasks of a scenario, whatever they come from; empty if nothing is. */
export function taskProblems(tasks: readonly Task[], { hours, server, ...of }: Scenario): string[] {
  const rules: [name: string, holds: (task: Task, i: number) => boolean][] = [
    ["id", ({ id }, i) => id === i],
    ["user", ({ user }) => Number.isInteger(user) && user >= 0 && user < of.tasks.users],
    ["cores", ({ cores }) => Number.isInteger(cores) && cores >= 1 && cores <= server.cores],
    ["memory", ({ memoryMb }) => memoryMb >= 0 && memoryMb <= server.memoryGb * 1024],
    ["state", ({ stateMb }) => stateMb >= 0],
    ["order", ({ submitSeconds }, i) => submitSeconds >= (tasks[i - 1]?.submitSeconds ?? 0)],
    ["duration", ({ durationSeconds }) => durationSeconds >= 1],
    ["deadline", (task) => task.deadlineSeconds >= task.submitSeconds + task.durationSeconds],
    ["end", ({ deadlineSeconds }) => deadlineSeconds <= hours * 3600],
    ["price", ({ maxPriceYuanPerKWh }) => maxPriceYuanPerKWh >= 0],
  ];
  return tasks.flatMap((task, i) =>
    rules
      .filter(([, holds]) => !holds(task, i))
      .map(([name]) => `${name} of ${JSON.stringify(task)}`),
  );
}

/** A folder that is there for the tests of a suite. */
export class TestFiles {
  private folder = "";

  /** Makes the folder before the suite and removes it after. */
  constructor() {
    before(async () => {
      this.folder = await mkdtemp(join(tmpdir(), "heliomarket-"));
    });
    after(() => rm(this.folder, { recursive: true }));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file and gives its path. */
  async write(content: string | Uint8Array, name = "tasks.txt"): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }
}
