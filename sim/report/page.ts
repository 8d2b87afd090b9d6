/** The frame of a page that stands alone: nothing is fetched, no script runs, and it says so itself. */
import { markup, Markup, type Content } from "./markup.ts";
import { PAGE_STYLE } from "./style.ts";

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** What a page is made of. */
export interface Page {
  readonly title: string;
  /** Inside `<header>`. */
  readonly header: Content;
  /** Inside `<main>`. */
  readonly main: Content;
  /** Inside `<footer>`. */
  readonly footer: Content;
}

/** The whole document. */
export const pageOf = ({ title, header, main, footer }: Page): string =>
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>
${new Markup(PAGE_STYLE)}
</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<div class="page">
<header class="site">
${header}
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer>
${footer}
</footer>
</div>
</body>
</html>
`.text;

/** A box that scrolls by itself when its content is wider than the page; the keyboard can reach it. */
export const scrolling = (label: string, content: Content): Markup =>
  markup`<div class="scroll" role="group" tabindex="0" aria-label="${label}">${content}</div>`;
