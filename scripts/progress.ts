/** Progress of long work: a bar on a terminal, plain lines elsewhere. */
import { Presets, SingleBar } from "cli-progress";

/** Tells how far something is. */
export interface Progress {
  /** @param label what is being done */
  readonly update: (done: number, total: number, label: string) => void;
  stop(): void;
}

/** A line is written elsewhere each time that this share is passed. */
const SHARE = 0.1;

/** Shows progress on standard error, so that standard output holds only results. */
export function showProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? bar(stream) : lines(stream);
}

function bar(stream: NodeJS.WriteStream): Progress {
  const format = "{bar} {percentage} % | {label} | {eta_formatted} left";
  const single = new SingleBar(
    { format, stream, hideCursor: true, etaBuffer: 200 },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total, label) {
      if (!started) single.start(total, 0, { label });
      started = true;
      single.update(done, { label });
    },
    stop() {
      single.stop();
    },
  };
}

function lines(stream: NodeJS.WriteStream): Progress {
  let told = 0;
  return {
    update(done, total, label) {
      const share = total === 0 ? 1 : done / total;
      if (share < told + SHARE && share < 1) return;
      if (share === told) return;
      told = Math.floor(share / SHARE + 1e-9) * SHARE;
      stream.write(`${Math.floor(share * 100).toString()} % ${label}\n`);
    },
    stop: () => undefined,
  };
}
