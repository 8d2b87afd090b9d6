/** The report: one page that shows a run by itself, without anything from elsewhere. */
import { stringify } from "yaml";

import type { ImportReport } from "../traces/imported.ts";
import { boundNote, claimsOf, extraIncomeYuan, shownEvidence, type Claim } from "./claims.ts";
import { conductContent } from "./conduct.ts";
import { isDrawn, figuresOf, type Drawn, type Figure } from "./figures.ts";
import { fixed, plural } from "./format.ts";
import { GENERATOR } from "./generator.ts";
import { Markup, markup, type Content } from "./markup.ts";
import { EXTRA_INCOME, METRICS, shownValue, type Metric } from "./metrics.ts";
import { CONTRACT_ONLY, find, serversOf } from "./paper.ts";
import { pageOf, scrolling } from "./page.ts";
import type { RunResult } from "./results.ts";
import { longDate, moment } from "./timeline.ts";
import { inWords } from "./words.ts";

const SECTIONS = [
  ["summary", "In short"],
  ["comparison", "Strategies compared"],
  ["figures", "Figures"],
  ["conduct", "Who broke the rules"],
  ["claims", "The paper’s claims"],
  ["inputs", "What was read"],
  ["scenario", "Scenario"],
  ["files", "Files"],
] as const;

type SectionId = (typeof SECTIONS)[number][0];

function section(id: SectionId, content: Content): Markup {
  const title = SECTIONS.find(([name]) => name === id)?.[1];
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}
</section>
`;
}

/** A run in which all keep the rules has nothing to say of those who do not. */
const sectionsOf = ({ strategies }: RunResult): readonly (typeof SECTIONS)[number][] =>
  SECTIONS.filter(
    ([id]) => id !== "conduct" || strategies.some(({ conduct }) => conduct !== undefined),
  );

function header(result: RunResult): Markup {
  const { scenario } = result;
  const { microgrids, start, hours, seed } = scenario;
  const from = new Date(start);
  const [day, clock] = [longDate(from), from.toISOString().slice(11, 16)];
  const facts: readonly (readonly [string, string])[] = [
    ["From, UTC", clock === "00:00" ? day : `${day}, ${clock}`],
    ["Hours", fixed(hours)],
    ["Data centres", `${fixed(microgrids.count)} × ${fixed(microgrids.dataCentres)}`],
    ["Servers", fixed(serversOf(scenario))],
    ["Seed", String(seed)],
  ];
  return markup`<p class="kicker">Market of edge data centres · simulation report</p>
<h1>${scenario.name}</h1>
<dl class="facts">
${facts.map(([term, value]) => markup`<div><dt>${term}</dt><dd>${value}</dd></div>\n`)}</dl>
<nav class="contents" aria-label="Contents"><ul>
${sectionsOf(result).map(([id, title]) => markup`<li><a href="#${id}">${title}</a></li>\n`)}</ul></nav>`;
}

/** A median with its range below it. */
function withRange(value: string): Content {
  const [median = "", range] = value.split(" (");
  return range === undefined
    ? value
    : markup`${median}<span class="range">${range.slice(0, -1)}</span>`;
}

function metricRow(metric: Omit<Metric, "key">, values: readonly string[]): Markup {
  return markup`<tr><th scope="row">${metric.label}<span class="meaning">${metric.meaning}</span></th><td class="unit">${metric.unit}</td>${values.map((value) => markup`<td class="n">${withRange(value)}</td>`)}<td class="n paper">${metric.paper}</td></tr>
`;
}

function comparison(result: RunResult): Markup {
  const { strategies } = result;
  const columns = strategies.length + 3;
  const groups = METRICS.map(({ title, metrics }) => {
    const rows = metrics.map((metric) =>
      metricRow(
        metric,
        strategies.map(({ summary }) => shownValue(metric, summary[metric.key])),
      ),
    );
    const withExtra = metrics.some(({ key }) => key === "dcProfitYuan");
    if (withExtra && find(result, CONTRACT_ONLY) !== undefined) {
      const extra = strategies.map(({ name }) => extraIncomeYuan(result, name));
      rows.push(
        metricRow(
          EXTRA_INCOME,
          extra.map((yuan) => shownValue(EXTRA_INCOME, yuan)),
        ),
      );
    }
    return markup`<tbody>
<tr class="group"><th colspan="${columns}" scope="rowgroup">${title}</th></tr>
${rows}</tbody>
`;
  });
  const table = markup`<table class="comparison">
<caption>Sums over all data centres and the whole run. “–”: not computed.</caption>
<thead><tr><th scope="col">Figure</th><th scope="col">Unit</th>${strategies.map(({ name }) => markup`<th scope="col" class="n">${breakable(name)}</th>`)}<th scope="col" class="n paper">The paper</th></tr></thead>
${groups}</table>`;
  return markup`${scrolling("Strategies compared", table)}
<p>${boundNote()} The two are shown beside each other; nothing is tuned towards the paper’s.</p>`;
}

/** A strategy's name, which may break before each of its parts. */
const breakable = (name: string): Content[] =>
  name
    .split("+")
    .map((part, index) =>
      index === 0
        ? markup`<span class="word">${part}</span>`
        : markup`<wbr><span class="word">+${part}</span>`,
    );

function dataTable({ number, table }: Drawn): Markup {
  const head = table.columns.map((name) => markup`<th scope="col" class="n">${name}</th>`);
  const rows = table.rows.map(
    ({ at, values }) =>
      markup`<tr><th scope="row">${moment(at)}</th>${values.map((value) => markup`<td class="n">${fixed(value, 3)}</td>`)}</tr>
`,
  );
  return markup`<details class="data"><summary>Data of ${number} as a table</summary>
${scrolling(
  `Data of ${number}`,
  markup`<table><thead><tr><th scope="col">From, UTC</th>${head}</tr></thead>
<tbody>
${rows}</tbody></table>`,
)}
</details>`;
}

function figure(one: Figure): Markup {
  const heading = markup`<h3 id="${one.id}">${one.number}. ${one.title}</h3>`;
  if (!isDrawn(one)) return markup`${heading}\n<p class="left-out">${one.missing}</p>\n`;
  return markup`${heading}
<figure aria-labelledby="${one.id}">
${scrolling(`${one.number}, drawing`, new Markup(one.svg))}
<figcaption>${one.reading}</figcaption>
</figure>
${dataTable(one)}
`;
}

const VERDICTS: Readonly<Record<Claim["verdict"], { shown: string; style: string }>> = {
  reproduced: { shown: "reproduced", style: "reproduced" },
  partly: { shown: "partly", style: "partly" },
  not: { shown: "not reproduced", style: "not" },
  "not run": { shown: "not run", style: "not-run" },
};

function claimRow(claim: Claim): Markup {
  const verdict = VERDICTS[claim.verdict];
  const numbers = claim.evidence.map((one) => markup`<li>${one.label}: ${shownEvidence(one)}</li>`);
  return markup`<tr><th scope="row">${claim.claim}<p>The paper, ${claim.source}</p></th>
<td><span class="verdict ${verdict.style}">${verdict.shown}</span></td>
<td>${numbers.length === 0 ? undefined : markup`<ul>${numbers}</ul>`}${claim.note === undefined ? undefined : markup`<p>${claim.note}</p>`}</td>
<td>${claim.compares}<p>${claim.rule}</p></td></tr>
`;
}

const claimTable = (claims: readonly Claim[]): Markup =>
  scrolling(
    "The paper’s claims",
    markup`<table class="claims">
<thead><tr><th scope="col">Claim</th><th scope="col">Verdict</th><th scope="col">This run</th><th scope="col">What is compared, and by which rule</th></tr></thead>
<tbody>
${claims.map(claimRow)}</tbody></table>`,
  );

function importReport(report: ImportReport): Markup {
  const dropped = report.dropped.map(
    ({ reason, count, firstLine }) =>
      markup`<li>${plural(count, "row")} left out: ${reason}; the first in line ${firstLine}</li>\n`,
  );
  const notes = report.notes.map((note) => markup`<li>${note}</li>\n`);
  return markup`<h3>${report.file}</h3>
<p>${report.format}: ${fixed(report.used)} of ${plural(report.rows, "row")} used.</p>
${dropped.length + notes.length === 0 ? undefined : markup`<ul>\n${dropped}${notes}</ul>`}
`;
}

const inputs = ({ imports }: RunResult): Content =>
  imports.length === 0
    ? markup`<p>No files: work and weather were generated from the seed.</p>`
    : imports.map(importReport);

function scenario({ scenario: settings }: RunResult): Markup {
  const text = stringify(settings, { lineWidth: 90 });
  return markup`<p>Everything that the run was told, defaults included; <code>summary.json</code> holds it, too. The same scenario and seed give the same run.</p>
<details><summary>The scenario as YAML</summary>
${scrolling("The scenario as YAML", markup`<pre><code>${text}</code></pre>`)}
</details>`;
}

function files(figures: readonly Figure[]): Markup {
  const link = (path: string, what: string): Markup =>
    markup`<li><a href="${path}"><code>${path}</code></a> ${what}</li>\n`;
  return markup`<p>Beside this page, in the same folder:</p>
<ul>
${link("summary.json", "– all figures of the comparison, the claims and the scenario, for programs")}${link("hourly.csv", "– every energy and money flow per strategy, data centre and hour")}${link("trades.csv", "– every supply contract")}${link("transfers.csv", "– every order transfer")}${figures.filter(isDrawn).map(({ file, number }) => link(`figures/${file.name}`, `– ${number}`))}</ul>`;
}

/** The page's text; the same for the same run. */
export function renderReport(
  result: RunResult,
  claims: readonly Claim[] = claimsOf(result),
  figures: readonly Figure[] = figuresOf(result),
): string {
  const [first = "", ...sentences] = inWords(result, claims);
  const conduct = conductContent(result);
  return pageOf({
    title: `${result.scenario.name} – simulation report`,
    header: header(result),
    main: [
      section("summary", markup`<p class="lead">${first}</p>\n<p>${sentences.join(" ")}</p>`),
      section("comparison", comparison(result)),
      section("figures", figures.map(figure)),
      conduct === undefined ? undefined : section("conduct", conduct),
      section("claims", claimTable(claims)),
      section("inputs", inputs(result)),
      section("scenario", scenario(result)),
      section("files", files(figures)),
    ],
    footer: markup`<p>Written by ${GENERATOR.name} ${GENERATOR.version}. “The paper” is the one whose market the program builds; its figures are quoted as printed.</p>`,
  });
}
