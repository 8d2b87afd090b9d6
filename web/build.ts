/** Builds the console's application, where it is missing or older than what it is made of. */
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Folder of the built application. */
export const APP_FOLDER = join(ROOT, "web/dist");

/** What the application is made of. */
const SOURCES = [
  "web/app",
  "web/shared",
  "web/vite.config.ts",
  "sim/report",
  "sim/audit",
  "sim/market",
];

/** When the newest file in it was written, ms; 0 if there is none. */
async function newest(path: string): Promise<number> {
  const about = await stat(path).catch(() => undefined);
  if (about === undefined) return 0;
  if (!about.isDirectory()) return about.mtimeMs;
  const names = await readdir(path);
  return Math.max(0, ...(await Promise.all(names.map((name) => newest(join(path, name))))));
}

/** Whether the built application is what its sources give. */
async function isFresh(): Promise<boolean> {
  const built = await newest(join(APP_FOLDER, "index.html"));
  const sources = await Promise.all(SOURCES.map((path) => newest(join(ROOT, path))));
  return built > Math.max(...sources);
}

/**
 * Builds the application unless it is fresh.
 *
 * @returns the folder to serve: `index.html`, for every path of the console, and `assets/`, whose names change with their content
 */
export async function buildApp(): Promise<string> {
  if (await isFresh()) return APP_FOLDER;
  // Loaded here, because a server with a built application needs none of it.
  const { build } = await import("vite");
  // Elsewhere first: whoever serves the old one goes on until the new one is whole.
  const outDir = join(ROOT, `cache/web-${process.pid}`);
  try {
    await build({
      configFile: join(ROOT, "web/vite.config.ts"),
      logLevel: "warn",
      build: { outDir },
    });
    await rm(APP_FOLDER, { recursive: true, force: true });
    await rename(outDir, APP_FOLDER);
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
  return APP_FOLDER;
}

if (import.meta.main) await buildApp();
