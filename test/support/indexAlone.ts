/** Indexes a chain in a process of its own, which a test kills: `indexAlone.ts INDEX URL FOLDER`. Prints a dot for every step. */
import { fileURLToPath } from "node:url";

import { httpRpc } from "../../sim/market/rpc.ts";
import { Database } from "../../web/server/index/database.ts";
import { Indexer } from "../../web/server/index/indexer.ts";
import { loadMarket } from "../../web/server/market.ts";

const [program = "", path = "", url = "", folder = ""] = process.argv.slice(1);

// The test runner loads every file of the folder.
if (program === fileURLToPath(import.meta.url)) {
  const indexer = new Indexer(Database.open(path), httpRpc(url));
  indexer.follow(await loadMarket(folder));
  for (let more = true; more;) {
    ({ more } = await indexer.step());
    process.stdout.write(".");
  }
}
