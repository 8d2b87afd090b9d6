/** Light or dark: as the system asks for, unless the reader chose otherwise. */
import { effect, signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "theme";

/** The reader's choice as it was kept; storage may be forbidden. */
function remembered(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === kept) ?? "system";
  } catch {
    return "system";
  }
}

export const theme = signal<Theme>(remembered());

/** Keeps the document's theme as it is chosen. */
export function applyTheme(): void {
  effect(() => {
    const chosen = theme.value;
    const { dataset } = document.documentElement;
    if (chosen === "system") delete dataset["theme"];
    else dataset["theme"] = chosen;
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // Forgotten with the page, then.
    }
  });
}
