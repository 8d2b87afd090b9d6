/** Parts of a page of which one is shown; which one, the address says. */
import type { ComponentChildren } from "preact";

import { addressWith, place } from "../router.ts";

export interface Tab {
  readonly name: string;
  readonly title: string;
  readonly body: () => ComponentChildren;
}

export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const wanted = place.value.query.get("tab");
  const shown = tabs.find(({ name }) => name === wanted) ?? tabs[0];
  return (
    <>
      <nav class="tabs" aria-label={label}>
        {tabs.map(({ name, title }, index) => (
          <a
            key={name}
            href={addressWith({
              tab: index === 0 ? undefined : name,
              cursor: undefined,
              page: undefined,
            })}
            {...(name === shown?.name ? { "aria-current": "page" as const } : {})}
          >
            {title}
          </a>
        ))}
      </nav>
      <div class="tab" key={shown?.name}>
        {shown?.body()}
      </div>
    </>
  );
}
