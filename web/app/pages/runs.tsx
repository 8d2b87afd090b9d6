/** Runs in `results/`: strategy against strategy. */
import { useMemo } from "preact/hooks";

import { METRICS, shownValue, type Metric, type MetricGroup } from "../../../sim/report/metrics.ts";
import type { Series } from "../../../sim/report/panel.ts";
import type { Run, RunHour, RunInfo } from "../../shared/api.ts";
import { useApi } from "../api.ts";
import { Chart } from "../charts/chart.tsx";
import type { ReadPanel } from "../charts/readPanel.ts";
import { PageHead } from "../components/page.tsx";
import { Empty, Problem, Show } from "../components/states.tsx";
import { column, numbers, Table, type Column } from "../components/table.tsx";
import { Facts, Scroll, Section } from "../components/text.tsx";
import { list, localTime, whole } from "../format.ts";
import { addressWith, navigate, place } from "../router.ts";

const COLUMNS: readonly Column<RunInfo>[] = [
  column("Run", ({ run }) => (
    <a href={`/runs/${encodeURIComponent(run)}`}>
      <bdi>{run}</bdi>
    </a>
  )),
  column("Scenario", ({ scenario }) => <bdi>{scenario}</bdi>),
  numbers("Seed", ({ seed }) => seed),
  column("From, UTC", ({ start }) => start.slice(0, 16).replace("T", " ")),
  numbers("Hours", ({ hours }) => whole(hours)),
  column("Strategies", ({ strategies }) => list(strategies)),
  column("Written", ({ modified }) => localTime(modified)),
];

export function RunsPage() {
  const loaded = useApi("/api/runs", {});
  return (
    <>
      <PageHead title="Runs" />
      <p class="note">
        Simulations and replays whose results lie in the folder <code>results</code>: strategies
        over the same tasks and the same sky.
      </p>
      <Show loaded={loaded}>
        {({ runs, damaged }) => (
          <>
            {runs.length === 0 ? (
              <Empty>
                No run is at hand. <code>npx hardhat simulate --scenario small</code> writes one in
                seconds.
              </Empty>
            ) : (
              <Table label="Runs" columns={COLUMNS} rows={runs} keyOf={({ run }) => run} />
            )}
            {damaged.length > 0 && (
              <Section title="Damaged">
                <ul>
                  {damaged.map(({ run, problem }) => (
                    <li key={run}>{problem}</li>
                  ))}
                </ul>
              </Section>
            )}
          </>
        )}
      </Show>
    </>
  );
}

// ------------------------------------------------------------------ one run

/** Figures that at least one of the strategies has. */
const known = ({ figures }: Run): readonly MetricGroup[] =>
  METRICS.map(({ title, metrics }) => ({
    title,
    metrics: metrics.filter(({ key }) => Object.values(figures).some((of) => of[key] != null)),
  })).filter(({ metrics }) => metrics.length > 0);

function Comparison({ run }: { run: Run }) {
  const { strategies, figures } = run;
  const value = (metric: Metric, strategy: string): string =>
    shownValue(metric, figures[strategy]?.[metric.key] ?? null);
  return (
    <Scroll label="Strategies compared">
      <table>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col">Unit</th>
            {strategies.map((name) => (
              <th key={name} scope="col" class="n">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        {known(run).map(({ title, metrics }) => (
          <tbody key={title}>
            <tr class="group">
              <th colSpan={strategies.length + 2} scope="rowgroup">
                {title}
              </th>
            </tr>
            {metrics.map((metric) => (
              <tr key={metric.key}>
                <th scope="row" title={metric.meaning}>
                  {metric.label}
                </th>
                <td class="unit">{metric.unit}</td>
                {strategies.map((name) => (
                  <td key={name} class="n">
                    {value(metric, name)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </Scroll>
  );
}

const SHOWN = [
  ["importWh", "Import, kWh"],
  ["exportWh", "Export, kWh"],
  ["directWh", "PV used directly, kWh"],
  ["chargeWh", "Into the ESDs, kWh"],
] as const;

const profit = ({ incomeYuan, energyCostYuan }: RunHour): number => incomeYuan - energyCostYuan;

/** Two strategies over the hours, figure by figure; one alone if they are the same. */
function panelsOf(run: Run, one: string, other: string): readonly ReadPanel[] {
  const values = (strategy: string, of: (hour: RunHour) => number): number[] =>
    (run.hourly[strategy] ?? []).map(of);
  const both = (of: (hour: RunHour) => number): readonly Series[] => {
    const shown: Series = { label: one, values: values(one, of), colour: "pv", as: "line" };
    if (one === other) return [shown];
    const beside = {
      label: other,
      values: values(other, of),
      colour: "import",
      as: "line",
    } as const;
    return [{ ...beside, dash: "4 3" }, shown];
  };
  return [
    ...SHOWN.map(([key, label]) => ({
      label,
      unit: "kWh",
      decimals: 3,
      height: 120,
      series: both((hour) => hour[key] / 1000),
    })),
    {
      label: "Income less energy, yuan",
      unit: "yuan",
      decimals: 3,
      height: 120,
      series: both(profit),
    },
  ];
}

function Choice({ name, chosen, from }: { name: string; chosen: string; from: readonly string[] }) {
  return (
    <label>
      <span>{name === "one" ? "Strategy" : "against"}</span>
      <select
        name={name}
        value={chosen}
        onChange={(event) => {
          navigate(addressWith({ [name]: event.currentTarget.value }));
        }}
      >
        {from.map((strategy) => (
          <option key={strategy} value={strategy}>
            {strategy}
          </option>
        ))}
      </select>
    </label>
  );
}

function Hours({ run }: { run: Run }) {
  const { strategies, start, hourly, hourlyProblem } = run;
  const asked = (name: string, otherwise: string): string => {
    const text = place.value.query.get(name);
    return strategies.find((strategy) => strategy === text) ?? otherwise;
  };
  const one = asked("one", strategies.at(-1) ?? "");
  const other = asked("other", strategies.find((name) => name === "contract-only") ?? one);
  const panels = useMemo(() => panelsOf(run, one, other), [run, one, other]);
  const first = Date.parse(start) / 1000;
  const slots = (hourly[one] ?? []).map(({ hour }) => ({
    slot: hour,
    timestamp: first + hour * 3600,
  }));
  return (
    <>
      {strategies.length > 1 ? (
        <form class="filters" aria-label="Strategies">
          <Choice name="one" chosen={one} from={strategies} />
          <Choice name="other" chosen={other} from={strategies} />
        </form>
      ) : (
        <p class="note">The run has one strategy: there is nothing to compare it with.</p>
      )}
      {hourlyProblem !== null ? (
        <Problem title="The hours cannot be shown">{hourlyProblem}</Problem>
      ) : slots.length === 0 ? (
        <Empty>The run has no hourly figures.</Empty>
      ) : (
        <Chart
          id="hours"
          title={`${one}${one === other ? "" : ` against ${other}`}, per hour`}
          description="Import, export, use of PV and money, summed over the data centres."
          slots={slots}
          panels={panels}
          piece={{ name: "hour", seconds: 3600 }}
        />
      )}
    </>
  );
}

export function RunPage({ run }: { run: string }) {
  const loaded = useApi("/api/runs/:run", { run });
  return (
    <>
      <PageHead title={run} kicker="Run" name={<bdi>{run}</bdi>} />
      <Show loaded={loaded}>
        {(one) => (
          <>
            <Facts
              facts={[
                ["Scenario", <bdi>{one.scenario}</bdi>],
                ["Seed", one.seed],
                ["From, UTC", one.start.slice(0, 16).replace("T", " ")],
                ["Hours", whole(one.hours)],
                ["Written", localTime(one.modified)],
              ]}
            />
            <Section
              title={one.strategies.length > 1 ? "Strategy against strategy" : "Hour by hour"}
            >
              <Hours run={one} />
            </Section>
            <Section title="All figures">
              <Comparison run={one} />
            </Section>
          </>
        )}
      </Show>
    </>
  );
}
