/** What stands above and below every page: the way around, the search, and the market's clock. */
import { useEffect, useRef } from "preact/hooks";

import type { ClockStatus } from "../../shared/api.ts";
import { utc, whole } from "../format.ts";
import { connected, status } from "../live.ts";
import { navigate, place } from "../router.ts";
import { theme, THEMES, type Theme } from "../theme.ts";
import { SlotLink } from "./links.tsx";

const MARKET = [
  ["/", "Overview"],
  ["/slots", "Slots"],
  ["/supply", "Contracts"],
  ["/transfers", "Transfers"],
  ["/participants", "Participants"],
  ["/runs", "Runs"],
] as const;

const EXPLORER = [
  ["/transactions", "Transactions"],
  ["/blocks", "Blocks"],
  ["/events", "Events"],
  ["/token-transfers", "Token"],
  ["/addresses", "Addresses"],
  ["/contracts", "Code"],
] as const;

const isAt = (link: string, path: string): boolean =>
  link === "/" ? path === "/" : path === link || path.startsWith(`${link}/`);

function Links({ label, links }: { label: string; links: readonly (readonly [string, string])[] }) {
  const { path } = place.value;
  return (
    <ul aria-label={label}>
      {links.map(([to, name]) => (
        <li key={to}>
          <a href={to} {...(isAt(to, path) ? { "aria-current": "page" as const } : {})}>
            {name}
          </a>
        </li>
      ))}
    </ul>
  );
}

export const Header = () => (
  <header class="site">
    <div class="bar">
      <a class="brand" href="/">
        heliomarket
      </a>
      <SearchBox />
      <Clock />
      <ThemeChoice />
    </div>
    <Ways />
  </header>
);

function Ways() {
  const { path } = place.value;
  const ways = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where they are wider than the window, the present one is shown.
    const present = ways.current?.querySelector<HTMLElement>("[aria-current]");
    if (ways.current == null || present == null) return;
    ways.current.scrollLeft =
      present.offsetLeft + (present.offsetWidth - ways.current.clientWidth) / 2;
  }, [path]);
  return (
    <nav class="ways" aria-label="Pages of the console" ref={ways}>
      <Links label="Market" links={MARKET} />
      <Links label="Explorer" links={EXPLORER} />
    </nav>
  );
}

/** Fields into which a slash is typed. */
const TYPED = "input, textarea, select";

function SearchBox() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof Element && event.target.matches(TYPED);
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  return (
    <form
      class="search"
      role="search"
      action="/search"
      onSubmit={(event) => {
        event.preventDefault();
        const asked = field.current?.value.trim() ?? "";
        if (asked !== "") navigate(`/search?q=${encodeURIComponent(asked)}`);
      }}
    >
      <label>
        <span class="unseen">Search</span>
        <input
          ref={field}
          type="search"
          name="q"
          maxLength={200}
          autocomplete="off"
          spellcheck={false}
          aria-keyshortcuts="/"
          placeholder="Hash, block, address, participant, contract …"
          defaultValue={place.value.path === "/search" ? (place.value.query.get("q") ?? "") : ""}
        />
      </label>
    </form>
  );
}

const PHASES: Readonly<Record<ClockStatus["phase"], string>> = {
  commit: "commitments",
  reveal: "reveals",
  clearing: "clearing",
};

function Clock() {
  const clock = status.value?.clock;
  if (clock == null) return <p class="clock" />;
  return (
    <p class="clock">
      <time dateTime={`${utc(clock.timestamp).replace(" ", "T")}Z`} title="The chain’s time, UTC">
        {utc(clock.timestamp)}
      </time>
      <Slots clock={clock} />
    </p>
  );
}

/** The slot that runs and the one that is sold. Those that nothing has happened for yet have no page. */
function Slots({ clock: { slot, auctionSlot, phase, lastSlot } }: { clock: ClockStatus }) {
  if (lastSlot !== null && slot > lastSlot)
    return (
      <span>
        slot {slot}, last with anything: <SlotLink slot={lastSlot} />
      </span>
    );
  const named = (one: number) => (one <= (lastSlot ?? -1) ? <SlotLink slot={one} /> : one);
  return (
    <span>
      slot {named(slot)}, {PHASES[phase]} for {named(auctionSlot)}
    </span>
  );
}

const ThemeChoice = () => (
  <label class="theme">
    <span class="unseen">Colours</span>
    <select
      value={theme.value}
      onChange={(event) => {
        theme.value = event.currentTarget.value as Theme;
      }}
    >
      {THEMES.map((one) => (
        <option key={one} value={one}>
          {one === "system" ? "auto" : one}
        </option>
      ))}
    </select>
  </label>
);

export function Footer() {
  const now = status.value;
  if (now === undefined) return <footer />;
  const { network, chainId, node, index } = now;
  return (
    <footer>
      <p>
        Network {network}
        {chainId !== null && `, chain ${chainId}`}
        {node.client !== null && `, ${node.client}`}
        {node.traces === false && ", without traces"}
      </p>
      <p>
        {whole(index.transactions)} transactions and {whole(index.events)} events indexed
        {index.head !== null && `, up to block ${whole(index.head)}`}
        {connected.value ? "" : "; the console’s server is gone"}
      </p>
    </footer>
  );
}
