/** How the report looks: on a screen in light and dark, at any width, and on paper. */
import { COLOUR_STYLE, FIGURE_STYLE } from "./palette.ts";

const LIGHT = {
  paper: "#fdfcf9",
  raised: "#ffffff",
  ink: "#1b2126",
  soft: "#515c66",
  line: "#d9dcdf",
  link: "#0b5394",
  good: "#1d6f52",
  fair: "#8a5a00",
  bad: "#b3261e",
};

const DARK: typeof LIGHT = {
  paper: "#14181d",
  raised: "#1b2026",
  ink: "#e4e8ec",
  soft: "#a3adb7",
  line: "#363f48",
  link: "#8ec1ff",
  good: "#5fd0a2",
  fair: "#f0b95a",
  bad: "#ff8d80",
};

/** The custom properties of a theme as declarations of a style sheet. */
export const pageColours = (theme: "light" | "dark"): string =>
  Object.entries(theme === "light" ? LIGHT : DARK)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");

/** Style sheet of a page. */
export const PAGE_STYLE = `
:root{color-scheme:light;${pageColours("light")}}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;${pageColours("dark")}}}
${COLOUR_STYLE}
${FIGURE_STYLE}
:root{
  --serif:"Iowan Old Style","Palatino Linotype",Palatino,"URW Palladio L","Book Antiqua",Charter,"Bitstream Charter",Georgia,"DejaVu Serif",serif;
  --sans:system-ui,"Segoe UI","Helvetica Neue",Arial,sans-serif;
  --mono:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 var(--serif);font-kerning:normal;text-rendering:optimizeLegibility;hanging-punctuation:first}
.page{max-width:70rem;margin:0 auto;padding:0 1.25rem 5rem}
p,ul,ol,dl{max-width:42rem}
p{margin:0 0 1em;text-wrap:pretty}
a{color:var(--link);text-underline-offset:.15em;text-decoration-thickness:.06em}
a:focus-visible,summary:focus-visible,.scroll:focus-visible,main:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:1rem;top:-4rem;z-index:1;background:var(--raised);padding:.5rem .9rem;border:1px solid var(--line);font-family:var(--sans)}
.skip:focus{top:1rem}
.site{padding:4.5rem 0 1.25rem}
.kicker{margin:0 0 .5rem;color:var(--soft);font:600 .8125rem/1.4 var(--sans);letter-spacing:.06em;text-transform:uppercase}
h1,h2,h3{line-height:1.2;text-wrap:balance;font-weight:600;overflow-wrap:anywhere}
h1{margin:0;font-size:clamp(1.9rem,1.3rem + 2.6vw,2.9rem);letter-spacing:-.015em}
h2{margin:4rem 0 1rem;padding-top:1.1rem;border-top:1px solid var(--line);font-size:1.6rem;letter-spacing:-.008em}
h3{margin:2.75rem 0 .35rem;font-size:1.17rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.9rem 1.5rem;max-width:none;margin:1.9rem 0 0;padding:1rem 0;border-block:1px solid var(--line)}
.facts dt{color:var(--soft);font:.8125rem/1.4 var(--sans)}
.facts dd{margin:.1rem 0 0;font-size:1.05rem;line-height:1.35;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.contents{margin:1rem 0 0;font:.9rem/1.5 var(--sans)}
.contents ul{display:flex;max-width:none;flex-wrap:wrap;gap:.25rem 1.35rem;margin:0;padding:0;list-style:none}
.lead{font-size:1.16rem;line-height:1.6}
.scroll{--edge:color-mix(in srgb,var(--ink) 22%,transparent);overflow-x:auto;margin:1.25rem 0;background:linear-gradient(90deg,var(--paper) 40%,transparent) 0 0/2.5rem 100% local no-repeat,linear-gradient(270deg,var(--paper) 40%,transparent) 100% 0/2.5rem 100% local no-repeat,linear-gradient(90deg,var(--edge),transparent) 0 0/.55rem 100% scroll no-repeat,linear-gradient(270deg,var(--edge),transparent) 100% 0/.55rem 100% scroll no-repeat}
.claims td:last-child::first-letter{text-transform:uppercase}
table{border-collapse:collapse;width:100%;font:.875rem/1.4 var(--sans);font-variant-numeric:tabular-nums lining-nums}
caption{padding:0 0 .6rem;color:var(--soft);text-align:left;caption-side:top}
th,td{padding:.42rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
thead th{vertical-align:bottom;border-bottom:1.5px solid var(--ink);font-weight:600;line-height:1.3}
tbody th{font-weight:500}
.group th{padding-top:1.5rem;border-bottom:1px solid var(--soft);font:600 1rem/1.3 var(--serif)}
.n{text-align:right;white-space:nowrap}
thead .n{white-space:normal}
.word{white-space:nowrap}
.figures th:nth-child(n+3),.figures td:nth-child(n+3){text-align:right;white-space:nowrap}
.settings td{min-width:9rem;overflow-wrap:anywhere}
.range{display:block;color:var(--soft);font-size:.75rem}
.meaning{display:block;max-width:22rem;color:var(--soft);font-weight:400;font-size:.8125rem;line-height:1.35}
.comparison tbody th{min-width:12.5rem}
.unit{color:var(--soft);white-space:nowrap}
.paper{color:var(--soft)}
figure{max-width:58rem;margin:1rem 0 .75rem}
figure .fig{display:block;width:100%;min-width:40rem;height:auto}
figcaption{max-width:42rem;margin-top:.5rem}
details{margin:.75rem 0;font-family:var(--sans)}
summary{width:fit-content;padding:.3rem 0;color:var(--link);font-size:.9rem;cursor:pointer}
details .scroll{max-height:26rem;margin:.5rem 0 0;overflow:auto;border:1px solid var(--line);border-radius:4px;background:var(--raised)}
details .scroll table{font-size:.8125rem}
details .scroll th,details .scroll td{padding:.3rem .75rem}
details thead th{position:sticky;top:0;background:var(--raised);border-bottom:0;box-shadow:inset 0 -1.5px 0 var(--ink)}
pre{margin:0;padding:.9rem 1rem;font:.8125rem/1.5 var(--mono);tab-size:2}
code{font-family:var(--mono);font-size:.88em}
.claims td,.claims th{padding-block:.75rem}
.claims td{min-width:11rem}
.claims th{min-width:14rem}
.claims td:nth-child(2){min-width:6.5rem}
.claims ul{margin:0;padding:0;list-style:none}
.claims p{margin:.4rem 0 0;font-size:.8125rem;color:var(--soft)}
.verdict{display:inline-block;padding:.08rem .55rem;border:1.5px solid currentColor;border-radius:1rem;font-weight:600;font-size:.8125rem;white-space:nowrap}
.reproduced{color:var(--good)}
.partly{color:var(--fair);border-style:dashed}
.not{color:var(--bad);border-style:double;border-width:3px}
.not-run{color:var(--soft);border-style:dotted}
.left-out{padding:.7rem 1rem;border-left:3px solid var(--line);color:var(--soft)}
footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font:.875rem/1.5 var(--sans)}
@media (max-width:40rem){
  body{font-size:1rem}
  .page{padding-inline:1rem}
  .site{padding-top:2.5rem}
  h2{margin-top:3rem}
}
@media print{
  @page{margin:16mm 14mm}
  html{font-size:9.5pt}
  body{font-size:1rem;background:#fff}
  .page{max-width:none;padding:0}
  .site{padding-top:0}
  .skip,.contents,details:not([open]){display:none}
  .scroll,details .scroll{overflow:visible;max-height:none;border:0;background:none}
  h2{margin-top:2.2rem}
  h3{margin-top:1.6rem}
  figure{max-width:none}
  figure .fig{min-width:0}
  table{font-size:.76rem}
  th,td{padding:.25rem .4rem}
  .meaning,.range,.claims p{font-size:.68rem}
  .comparison tbody th,.claims td,.claims th{min-width:0}
  .claims td:nth-child(2){min-width:0}
  thead{display:table-header-group}
  details thead th{position:static}
  pre{padding:0;font-size:.76rem;white-space:pre-wrap}
  tr,figure{break-inside:avoid}
  h2,h3,.group,thead{break-after:avoid}
  a{color:inherit;text-decoration:none}
}
`.trim();
