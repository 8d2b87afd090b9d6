/**
 * Colours and patterns of the figures. Each mark carries its light colour as an attribute, for programs that do not know CSS
 * custom properties (typesetters, most converters); where they are known, they take its place, in light and dark.
 */

interface Colour {
  readonly light: string;
  readonly dark: string;
}

const COLOURS = {
  paper: { light: "#ffffff", dark: "#14181d" },
  ink: { light: "#1b2126", dark: "#e4e8ec" },
  faint: { light: "#5b6670", dark: "#a3adb7" },
  grid: { light: "#dde1e5", dark: "#323a43" },
  load: { light: "#12355b", dark: "#a9cdf5" },
  pv: { light: "#a34a00", dark: "#ff9d4d" },
  direct: { light: "#f5cf74", dark: "#a87715" },
  export: { light: "#b3261e", dark: "#ff8d80" },
  charge: { light: "#1d6f52", dark: "#5fd0a2" },
  import: { light: "#6a7480", dark: "#98a3af" },
  gain: { light: "#2f7f62", dark: "#4fb58d" },
  loss: { light: "#b3261e", dark: "#ff8d80" },
  cost: { light: "#7a4b8c", dark: "#c79ad8" },
} as const satisfies Readonly<Record<string, Colour>>;

/** A colour's name; also the class that takes it as fill, with `line-` before it as stroke. */
export type ColourName = keyof typeof COLOURS;

/** The colour for the attribute of a mark. */
export const colour = (name: ColourName): string => COLOURS[name].light;

const names = Object.keys(COLOURS) as ColourName[];

/** The custom properties of a theme as declarations of a style sheet. */
export const figureColours = (theme: keyof Colour): string =>
  names.map((name) => `--fig-${name}:${COLOURS[name][theme]}`).join(";");

/** Which value the custom properties have; dark only on a screen that asks for it. */
export const COLOUR_STYLE = [
  `:root{${figureColours("light")}}`,
  `@media screen and (prefers-color-scheme:dark){:root{${figureColours("dark")}}}`,
].join("\n");

/** What the classes of a figure's marks mean. */
export const FIGURE_STYLE = [
  ".fig{color:var(--fig-ink)}",
  ...names.map((name) => `.fig .fill-${name}{fill:var(--fig-${name})}`),
  ...names.map((name) => `.fig .line-${name}{stroke:var(--fig-${name})}`),
].join("\n");

/** How an area or a bar is filled, so that it is told apart without colour. */
export type Texture = "plain" | "stripes" | "dots" | "rules";

/** Reference to a texture in the defs of a figure. */
export const textureId = (figure: string, name: ColourName, texture: Texture): string =>
  `${figure}-${name}-${texture}`;

const TEXTURES: Readonly<Record<Exclude<Texture, "plain">, (name: ColourName) => string>> = {
  stripes: (name) =>
    `width="5" height="5" patternTransform="rotate(45)"><path d="M0,0V5" class="line-${name}" stroke="${colour(name)}" stroke-width="3"/>`,
  dots: (name) =>
    `width="5" height="5"><circle cx="1.5" cy="1.5" r="1.25" class="fill-${name}" fill="${colour(name)}"/><circle cx="4" cy="4" r="1.25" class="fill-${name}" fill="${colour(name)}"/>`,
  rules: (name) =>
    `width="4" height="4"><path d="M0,1H4" class="line-${name}" stroke="${colour(name)}" stroke-width="1.75"/>`,
};

/** The definition of a texture; nothing for a plain one. */
export const textureDefinition = (figure: string, name: ColourName, texture: Texture): string =>
  texture === "plain"
    ? ""
    : `<pattern id="${textureId(figure, name, texture)}" patternUnits="userSpaceOnUse" ${TEXTURES[texture](name)}</pattern>`;
