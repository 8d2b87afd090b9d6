/** The button that has the reader's own browser recompute a slot. */
import { useEffect, useState } from "preact/hooks";

import type { Slot } from "../../shared/api.ts";
import { TransactionLink } from "../components/links.tsx";
import { Badge } from "../components/text.tsx";
import { fixed, plural } from "../format.ts";
import { status } from "../live.ts";
import { loadPart } from "../part.ts";
import type { Verdict } from "./recompute.ts";

type State =
  | { readonly kind: "idle" | "busy" }
  | { readonly kind: "done"; readonly verdict: Verdict }
  | { readonly kind: "failed"; readonly message: string };

export function Verify({ slot }: { slot: Slot }) {
  const [state, setState] = useState<State>({ kind: "idle" });
  const directory = status.value?.market?.contracts["MarketDirectory"];
  // A verdict is about what was shown then.
  useEffect(() => {
    setState({ kind: "idle" });
  }, [slot.slot, slot.phase, slot.committed, slot.revealed, slot.seed, slot.trades]);
  const verify = async (): Promise<void> => {
    if (directory === undefined) return;
    setState({ kind: "busy" });
    try {
      const { verifySlot } = await loadPart(() => import("./recompute.ts"));
      setState({ kind: "done", verdict: await verifySlot(slot.slot, directory) });
    } catch (error) {
      setState({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <div class="verify">
      <button
        type="button"
        disabled={state.kind === "busy" || directory === undefined}
        onClick={() => void verify()}
      >
        {state.kind === "busy" ? "Verifying …" : "Verify"}
      </button>
      <p class="note">
        Reads the slot’s logs and calldata from the node and recomputes all of it here, in this
        browser: commitments, reveals, seed, order, draws and trades.
      </p>
      <div role="status">
        {state.kind === "done" && <Told verdict={state.verdict} />}
        {state.kind === "failed" && (
          <p>
            <Badge tone="fair">not verified</Badge> {state.message}
          </p>
        )}
      </div>
    </div>
  );
}

function Told({ verdict }: { verdict: Verdict }) {
  const { difference, at, report, logs, transactions, milliseconds } = verdict;
  const read = `${plural(logs, "log")} and ${plural(transactions, "transaction")} read and checked in ${fixed(milliseconds / 1000, 1)} s.`;
  if (difference !== undefined)
    return (
      <>
        <p>
          <Badge tone="bad">differs</Badge>{" "}
          {at === "chain"
            ? "What the chain says of this slot is not what the market’s rules give."
            : "The chain is in order, but what this console shows of the slot is not what the chain gives."}
        </p>
        <dl class="difference">
          <dt>Where</dt>
          <dd>{difference.where}</dd>
          <dt>Expected</dt>
          <dd>
            <code class="long">{difference.expected}</code>
          </dd>
          <dt>Found</dt>
          <dd>
            <code class="long">{difference.found}</code>
          </dd>
          {difference.transaction !== undefined && (
            <>
              <dt>Transaction</dt>
              <dd>
                <TransactionLink hash={difference.transaction} />
              </dd>
            </>
          )}
        </dl>
        <p class="note">{read}</p>
      </>
    );
  return (
    <p>
      {report.reveals === 0 ? (
        <Badge tone="neutral">nothing to recompute</Badge>
      ) : (
        <Badge tone="good">agrees</Badge>
      )}{" "}
      {summary(report)} {read}
    </p>
  );
}

function summary(report: Verdict["report"]): string {
  const { phase, commitments, reveals, bids, offers, draws, trades } = report;
  if (commitments === 0) return "Nothing is on the chain for this slot.";
  const sealed = `${plural(commitments, "commitment")} came in the window, and the console shows the same.`;
  if (reveals === 0)
    return `No plan is revealed, so there is no book, no seed and no trade that could be verified. ${sealed}`;
  const book = `${plural(commitments, "commitment")}, ${plural(reveals, "reveal")}, ${plural(bids, "bid")} and ${plural(offers, "offer")}`;
  if (phase === "open") return `${book} so far: all that is revealed is what was committed to.`;
  const done = phase === "matching" ? " so far" : "";
  return `${book}; the seed, ${plural(draws, "draw")} and ${plural(trades, "trade")}${done} are what follows from them.`;
}
