/** What the reader must know wherever he is: nobody answers, the index is behind, a replay runs. */
import { localTime, whole } from "../format.ts";
import { connected, status } from "../live.ts";

export function Banner() {
  const now = status.value;
  const { node, index, problem, market, replay } = now ?? {};
  return (
    <div class="banners">
      <div aria-live="polite">
        {!connected.value && (
          <p class="banner bad">
            <strong>The console’s server is gone.</strong> What is shown may be out of date. Start
            it again with <code>npx hardhat explore</code>; this page goes on by itself.
          </p>
        )}
        {connected.value && node?.reachable === false && (
          <p class="banner bad">
            <strong>The node is gone.</strong> {node.message}{" "}
            {node.lastAnswer === null
              ? "It has not answered yet."
              : `It last answered at ${localTime(node.lastAnswer)}.`}{" "}
            {market === null ? problem : index?.head != null && "What is shown is from the index."}
          </p>
        )}
        {problem != null && market === null && node?.reachable === true && (
          <p class="banner fair">
            <strong>There is no market to show.</strong> {problem}
          </p>
        )}
        {market?.paused === true && (
          <p class="banner fair">New commitments are paused. What runs goes on.</p>
        )}
      </div>
      {index?.catchingUp === true && index.nodeHead !== null && (
        <p class="banner neutral">
          Indexing: block {whole(index.head ?? 0)} of {whole(index.nodeHead)}.
        </p>
      )}
      {replay?.done === false && (
        <p class="banner neutral">
          A replay of “{replay.scenario}” runs: hour {whole(replay.hour)} of {whole(replay.hours)}.
        </p>
      )}
    </div>
  );
}
