/** How much one client may ask for. */

/**
 * Requests that each client can make at once, and those that it can make each second after that: some hundred pages, and
 * an end to a loop that has gone wild.
 */
const BURST = 1000;
const PER_SECOND = 200;

/** Clients that are remembered; on loopback there is one. */
const MOST_CLIENTS = 1000;

/** A bucket of requests for each client, which fills again with time. */
export class RateLimit {
  private readonly buckets = new Map<string, { left: number; at: number }>();
  private readonly now: () => number;
  private readonly burst: number;

  /** @param now milliseconds of some clock */
  constructor(now: () => number = () => performance.now(), burst = BURST) {
    this.now = now;
    this.burst = burst;
  }

  /** Takes requests of a client. @returns whether it may make them */
  take(client: string, requests = 1): boolean {
    const now = this.now();
    const bucket = this.buckets.get(client) ?? { left: this.burst, at: now };
    if (this.buckets.size >= MOST_CLIENTS) this.buckets.clear();
    this.buckets.set(client, bucket);
    bucket.left = Math.min(this.burst, bucket.left + ((now - bucket.at) / 1000) * PER_SECOND);
    bucket.at = now;
    if (bucket.left < requests) return false;
    bucket.left -= requests;
    return true;
  }
}
