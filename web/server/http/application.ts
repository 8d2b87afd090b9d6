/** The browser application: the files that its build made. */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

/** Types that are worth compressing. */
const TEXT = /^(text\/|application\/(json|wasm)|image\/svg)/;

interface File {
  readonly type: string;
  readonly body: Buffer;
  readonly packed: Buffer | undefined;
}

/** The page of all addresses; made anew by each build, and so read anew each time. */
const INDEX = "/index.html";

/** Files whose names change with what is in them. */
const ASSETS = "/assets/";

const NOT_BUILT = `The console's application is not built.

Build it with "npm run build:web", and load this page again. The API is at /api/status.
`;

/** Serves a folder of files; every other path is the application's own, which reads it in the browser. */
export class Application {
  private readonly folder: string;
  private readonly files = new Map<string, Promise<File | undefined>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Answers a request for a page or a file of the application. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    pathname: string,
  ): Promise<void> {
    const isAsset = pathname.startsWith(ASSETS);
    // A page's address may have a dot in it, as the names of runs do.
    const named = isAsset || extname(pathname) !== "" ? await this.read(pathname) : undefined;
    const file = named ?? (isAsset ? undefined : await this.load(INDEX));
    if (file === undefined) {
      response.writeHead(isAsset ? 404 : 503, { "content-type": "text/plain; charset=utf-8" });
      response.end(isAsset ? "There is no such file.\n" : NOT_BUILT);
      return;
    }
    const packed = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "")
      ? file.packed
      : undefined;
    response.writeHead(200, {
      "content-type": file.type,
      "cache-control": isAsset ? "public, max-age=31536000, immutable" : "no-cache",
      ...(packed === undefined ? {} : { "content-encoding": "gzip" }),
      vary: "accept-encoding",
    });
    response.end(request.method === "HEAD" ? undefined : (packed ?? file.body));
  }

  private read(pathname: string): Promise<File | undefined> {
    let file = this.files.get(pathname);
    if (file === undefined) {
      file = this.load(pathname);
      this.files.set(pathname, file);
      // What is not there may be built later, and names that nobody has must not fill the memory.
      void file.then((found) => found ?? this.files.delete(pathname));
    }
    return file;
  }

  private async load(pathname: string): Promise<File | undefined> {
    const path = join(this.folder, pathname);
    if (!path.startsWith(this.folder + sep) || pathname.includes("\0")) return undefined;
    try {
      const body = await readFile(path);
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      return { type, body, packed: TEXT.test(type) ? await compress(body) : undefined };
    } catch {
      return undefined;
    }
  }
}
