/** Names of columns, however they are written. */

/** A column's name in small letters, words joined by "_": "Power (kW)" is power_kw. */
export const nameOf = (header: string): string =>
  header
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
