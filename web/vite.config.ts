/** How the console's application is built: one page, its scripts split by what the first page needs, nothing inline. */
import { fileURLToPath } from "node:url";

import { defineConfig, type Plugin } from "vite";

import { FIGURE_STYLE, figureColours } from "../sim/report/palette.ts";
import { pageColours } from "../sim/report/style.ts";

const COLOURS = "virtual:colours.css";

/** The report's colours as a style sheet: as the system asks for, unless the reader chose otherwise. */
function colours(): Plugin {
  const of = (theme: "light" | "dark"): string =>
    `color-scheme:${theme};${pageColours(theme)};${figureColours(theme)}`;
  const sheet = [
    `:root{${of("light")}}`,
    `@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){${of("dark")}}}`,
    `@media screen{:root[data-theme=dark]{${of("dark")}}}`,
    FIGURE_STYLE,
  ].join("\n");
  return {
    name: "heliomarket:colours",
    resolveId: (id) => (id === COLOURS ? `\0${COLOURS}` : undefined),
    load: (id) => (id === `\0${COLOURS}` ? sheet : undefined),
  };
}

/** The WebAssembly that hashes a simulation's salts needs a wider content security policy than a page should have. */
function plainKeccak(): Plugin {
  const plain = fileURLToPath(new URL("app/verify/keccak.ts", import.meta.url));
  return {
    name: "heliomarket:keccak",
    enforce: "pre",
    resolveId: (id, importer) =>
      id === "./keccak.ts" && importer?.includes("/sim/market/") === true
        ? plain
        : id.endsWith("/market/keccak.ts")
          ? plain
          : undefined,
  };
}

export default defineConfig({
  root: fileURLToPath(new URL("app", import.meta.url)),
  plugins: [colours(), plainKeccak()],
  // The same in every environment, such as that of a test.
  mode: "production",
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
  build: {
    outDir: fileURLToPath(new URL("dist", import.meta.url)),
    emptyOutDir: true,
    target: "es2024",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
