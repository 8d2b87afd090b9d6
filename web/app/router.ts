/** The address bar as a signal: every page, filter and tab of the console has an address that can be shared. */
import { signal } from "@preact/signals";

/** Where the reader is. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const here = (): Place => ({
  path: location.pathname,
  query: new URLSearchParams(location.search),
});

/** The place that is shown. */
export const place = signal<Place>(here());

/** Goes to an address of the console. */
export function navigate(to: string, how: "push" | "replace" = "push"): void {
  const before = place.value.path;
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  place.value = here();
  if (place.value.path !== before) scrollTo(0, 0);
}

/** The present address with some of its query changed; what is undefined or empty is taken out. */
export function addressWith(
  changes: Readonly<Record<string, string | undefined>>,
  { path, query }: Place = place.value,
): string {
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") changed.delete(name);
    else changed.set(name, value);
  }
  const text = changed.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** Lets links of the console change the page without loading it anew. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    place.value = here();
  });
  document.addEventListener("click", (event) => {
    const plain =
      event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!plain || event.defaultPrevented || !(link instanceof HTMLAnchorElement)) return;
    const { origin, pathname, search, hash } = new URL(link.href);
    const elsewhere = origin !== location.origin || link.hasAttribute("download");
    if (elsewhere || link.target !== "" || (hash !== "" && pathname === location.pathname)) return;
    event.preventDefault();
    navigate(pathname + search);
  });
}

/** Values of the parts of a path that begin with a colon; undefined if the path is none of the pattern's. */
export function match(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split("/");
  const found = path.replace(/(?<=.)\/$/, "").split("/");
  if (wanted.length !== found.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = found[index] ?? "";
    if (part.startsWith(":")) values[part.slice(1)] = decoded(value);
    else if (part !== value) return undefined;
  }
  return values;
}

/** A part of a path; as it is where it is no valid encoding. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
