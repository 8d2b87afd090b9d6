import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { UserError } from "../../../sim/errors.ts";
import { httpRpc, resultOf } from "../../../sim/market/rpc.ts";

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

  it("gives up on a node that stays away, and says what to do", async () => {
    const { message } = await errorOf(httpRpc("http://127.0.0.1:9")(ASK));
    expect(message).to.match(
      /does not answer \(\w+.*\)\. Start it, and run the same command again\.$/,
    );
  }).timeout(30_000);
});
