/** Indexes a chain in a process of its own, which a test kills: `indexAlone.ts INDEX URL FOLDER`. Prints a dot for every step. */
import { httpRpc } from "../../sim/market/rpc.ts";
import { Database } from "../../web/server/index/database.ts";
import { Indexer } from "../../web/server/index/indexer.ts";
import { loadMarket } from "../../web/server/market.ts";

const [path = "", url = "", folder = ""] = process.argv.slice(2);
const indexer = new Indexer(Database.open(path), httpRpc(url));
indexer.follow(await loadMarket(folder));
for (let more = true; more;) {
  ({ more } = await indexer.step());
  process.stdout.write(".");
}
