/** Scenarios for tests of workloads. */
import type { Scenario } from "../../sim/scenario/schema.ts";
import type { Task } from "../../sim/traces/task.ts";
import { MB_PER_GB, SECONDS_PER_HOUR } from "../../sim/units.ts";
import { scenarioWith } from "./scenario.ts";

/** Changes of a scenario, section by section. */
export interface Changes {
  readonly run?: Partial<Pick<Scenario, "seed" | "start" | "hours">>;
  readonly server?: Partial<Scenario["server"]>;
  readonly tasks?: Partial<Omit<Scenario["tasks"], "priority" | "deferrable">>;
  readonly priority?: Partial<Scenario["tasks"]["priority"]>;
  readonly deferrable?: Partial<Scenario["tasks"]["deferrable"]>;
}

/** The default scenario with changes. */
export const workloadScenario = ({
  run,
  server,
  tasks,
  priority,
  deferrable,
}: Changes = {}): Scenario =>
  scenarioWith({
    ...run,
    server: { ...server },
    tasks: { ...tasks, priority: { ...priority }, deferrable: { ...deferrable } },
  });

/** What is wrong with tasks of a scenario, whatever they come from; empty if nothing is. */
export function taskProblems(tasks: readonly Task[], { hours, server, ...of }: Scenario): string[] {
  const rules: [name: string, holds: (task: Task, i: number) => boolean][] = [
    ["id", ({ id }, i) => id === i],
    ["user", ({ user }) => Number.isInteger(user) && user >= 0 && user < of.tasks.users],
    ["cores", ({ cores }) => Number.isInteger(cores) && cores >= 1 && cores <= server.cores],
    ["memory", ({ memoryMb }) => memoryMb >= 0 && memoryMb <= server.memoryGb * MB_PER_GB],
    ["state", ({ stateMb }) => stateMb >= 0],
    ["order", ({ submitSeconds }, i) => submitSeconds >= (tasks[i - 1]?.submitSeconds ?? 0)],
    ["duration", ({ durationSeconds }) => durationSeconds >= 1],
    ["deadline", (task) => task.deadlineSeconds >= task.submitSeconds + task.durationSeconds],
    ["end", ({ deadlineSeconds }) => deadlineSeconds <= hours * SECONDS_PER_HOUR],
    ["price", ({ maxPriceYuanPerKWh }) => maxPriceYuanPerKWh >= 0],
  ];
  return tasks.flatMap((task, i) =>
    rules
      .filter(([, holds]) => !holds(task, i))
      .map(([name]) => `${name} of ${JSON.stringify(task)}`),
  );
}
