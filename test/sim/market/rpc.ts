import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { httpRpc, requireNode, resultOf } from "../../../sim/market/rpc.ts";

type Handler = (
  batch: { id: number; method: string; params: unknown[] }[],
  response: ServerResponse,
  request: IncomingMessage,
) => void;

describe("httpRpc", () => {
  const servers: Server[] = [];

  /** A node that answers as the handler says; gives its address. */
  async function node(handler: Handler): Promise<string> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        handler(JSON.parse(body) as never, response, request);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  const errorOf = async (work: Promise<unknown>): Promise<UserError> => {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(UserError);
    return error as UserError;
  };

  const ASK = [{ method: "eth_chainId", params: [] }];

  it("gives the answers in the order of the questions, whatever the node's, and in batches of a hundred", async () => {
    const sizes: number[] = [];
    const url = await node((batch, response) => {
      sizes.push(batch.length);
      const answers = batch.map(({ id, params }) => ({ id, result: params[0] }));
      response.end(JSON.stringify(answers.reverse()));
    });
    const requests = Array.from({ length: 250 }, (_, i) => ({ method: "echo", params: [i] }));
    const answers = await httpRpc(url)(requests);
    expect(answers.map((answer) => resultOf(answer))).to.deep.equal(requests.map((_, i) => i));
    expect(sizes).to.deep.equal([100, 100, 50]);
  });

  it("gives a node's errors as answers", async () => {
    const error = { code: 3, message: "execution reverted", data: "0x1234" };
    const url = await node((_, response) => response.end(JSON.stringify([{ id: 0, error }])));
    const [answer] = await httpRpc(url)(ASK);
    expect(answer).to.deep.equal({ error });
    expect(() => resultOf(answer)).to.throw("execution reverted");
  });

  it("tries a connection that breaks again", async () => {
    let times = 0;
    const url = await node((_, response, request) => {
      times += 1;
      if (times < 3) request.socket.destroy();
      else response.end(JSON.stringify([{ id: 0, result: "0x1" }]));
    });
    expect(resultOf((await httpRpc(url)(ASK))[0])).to.equal("0x1");
    expect(times).to.equal(3);
  });

  it("says that a node takes no batches, or leaves something out", async () => {
    const single = { id: null, error: { code: -32600, message: "no batches" } };
    const without = await node((_, response) => response.end(JSON.stringify(single)));
    expect((await errorOf(httpRpc(without)(ASK))).message).to.contain(
      "does not answer batches of requests: no batches",
    );
    const silent = await node((_, response) => response.end("[]"));
    expect((await errorOf(httpRpc(silent)(ASK))).message).to.contain("without an answer");
  });

  for (const [what, status, text, why] of [
    ["a web page", 200, "<html></html>", "its answer, with HTTP status 200, is not JSON-RPC"],
    ["another method", 501, "<html></html>", "its answer, with HTTP status 501, is not JSON-RPC"],
    ["nothing", 404, "", "its answer, with HTTP status 404, is not JSON-RPC"],
    ["other JSON", 200, '{"message":"hello"}', "its answer is not JSON-RPC"],
    ["a JSON number", 200, "3", "its answer, with HTTP status 200, is not JSON-RPC"],
  ] as const) {
    it(`says at once that what answers with ${what} is no node`, async () => {
      let times = 0;
      const url = await node((_, response) => {
        times += 1;
        response.writeHead(status).end(text);
      });
      expect((await errorOf(httpRpc(url)(ASK))).message).to.equal(
        `What answers at ${url} is no Ethereum node: ${why}. Give the URL of a node, and run the same command again.`,
      );
      expect(times).to.equal(1);
    });
  }

  it("asks again when what is before a node says that it is away", async () => {
    let times = 0;
    const url = await node((_, response) => {
      times += 1;
      if (times < 3) response.writeHead(times === 1 ? 502 : 429).end("<html></html>");
      else response.end(JSON.stringify([{ id: 0, result: "0x1" }]));
    });
    expect(resultOf((await httpRpc(url)(ASK))[0])).to.equal("0x1");
    expect(times).to.equal(3);
    const away = await node((_, response) => response.writeHead(503).end("<html></html>"));
    expect((await errorOf(httpRpc(away, 1)(ASK))).message).to.contain(
      `The node at ${away} does not answer (HTTP status 503).`,
    );
  });

  it("gives up on a node that stays away, and says what to do", async () => {
    const { message } = await errorOf(httpRpc("http://127.0.0.1:9")(ASK));
    expect(message).to.match(
      /does not answer \(\w+.*\)\. Start it, and run the same command again\.$/,
    );
  }).timeout(30_000);

  describe("requireNode", () => {
    it("takes a node, also one that takes no batches or refuses the question", async () => {
      for (const answer of [{ result: "0x1" }, { error: { code: -32601, message: "no" } }]) {
        const url = await node((message, response) => {
          expect(message).to.deep.include({ method: "eth_chainId", params: [] });
          response.end(JSON.stringify({ id: 0, ...answer }));
        });
        await requireNode(url);
      }
    });

    it("refuses what is no node, and says if nothing is there", async () => {
      const other = await node((_, response) => response.end("{}"));
      expect((await errorOf(requireNode(other))).message).to.contain(
        "is no Ethereum node: it does not say its chain ID.",
      );
      expect((await errorOf(requireNode("http://127.0.0.1:9"))).message).to.contain(
        "does not answer",
      );
    });
  });
});
