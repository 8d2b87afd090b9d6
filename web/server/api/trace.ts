/** What went on inside a transaction: why it failed, and its internal calls as the node traces them. */
import type { CallFrame, Failure, Trace } from "../../shared/api.ts";
import type { RpcAnswer } from "../../../sim/market/rpc.ts";
import type { ApiContext } from "./endpoint.ts";

/** What Geth's `callTracer` gives, which other clients have as well. */
interface RawFrame {
  readonly type: string;
  readonly from: string;
  readonly to?: string;
  readonly value?: string;
  readonly gasUsed: string;
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly calls?: readonly RawFrame[];
}

/** Internal calls of an indexed transaction, or why there are none to show. */
export async function traceOf(context: ApiContext, hash: string): Promise<Trace> {
  const answers = await context.node.askIfThere([
    { method: "debug_traceTransaction", params: [hash, { tracer: "callTracer" }] },
  ]);
  if (answers === undefined)
    return {
      traced: false,
      reason: "The node does not answer; internal calls are asked for at the node.",
    };
  const frame = frameIn(answers[0]);
  if (frame !== undefined) return { traced: true, root: callFrame(context, frame) };
  const message = answers[0]?.error?.message ?? "it does not know the tracer callTracer";
  return { traced: false, reason: `This node does not trace transactions (${message}).` };
}

function frameIn(answer: RpcAnswer | undefined): RawFrame | undefined {
  const frame = answer?.result as Partial<RawFrame> | null | undefined;
  return typeof frame?.type === "string" && typeof frame.from === "string"
    ? (frame as RawFrame)
    : undefined;
}

function callFrame(context: ApiContext, frame: RawFrame): CallFrame {
  const { names, market, shower } = context;
  const to = frame.to?.toLowerCase() ?? null;
  const output = frame.output ?? "0x";
  const call = market?.codec.call(to, frame.input);
  const failed = frame.error !== undefined;
  const result = failed ? undefined : market?.codec.result(to, frame.input, output);
  return {
    type: frame.type,
    from: names.address(frame.from.toLowerCase()),
    to: to === null ? null : names.address(to),
    value: BigInt(frame.value ?? 0).toString(),
    gasUsed: Number(frame.gasUsed),
    input: frame.input,
    output,
    call: call === undefined ? null : shower.decoded(call),
    result: result === undefined ? null : shower.values(result),
    failure: failed ? failureOf(context, "trace", output, frame.error ?? null) : null,
    calls: (frame.calls ?? []).map((inner) => callFrame(context, inner)),
  };
}

/** Why a transaction or an internal call failed; `data` is what it reverted with, null if that is not known. */
export function failureOf(
  { market, shower }: ApiContext,
  source: Failure["source"],
  data: string | null,
  message: string | null,
): Failure {
  const error = data === null ? undefined : market?.codec.error(data);
  return { source, data, error: error === undefined ? null : shower.decoded(error), message };
}
