/** Small pieces of a page. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { MicroYuan } from "../../shared/api.ts";
import { coreHours, kwh, price, whole, yuan } from "../format.ts";

/** An amount of money, in yuan. */
export const Money = ({ amount }: { amount: MicroYuan }) => (
  <span title={`${whole(amount)} micro-yuan`}>
    {yuan(amount)} <span class="unit">yuan</span>
  </span>
);

/** Energy, in kWh. */
export const Energy = ({ wh }: { wh: number }) => (
  <span>
    {kwh(wh)} <span class="unit">kWh</span>
  </span>
);

/** A price per kWh. */
export const Price = ({ of }: { of: number }) => (
  <span>
    {price(of)} <span class="unit">yuan/kWh</span>
  </span>
);

/** Compute. */
export const Compute = ({ coreSeconds }: { coreSeconds: number }) => (
  <span title={`${whole(coreSeconds)} core-seconds`}>
    {coreHours(coreSeconds)} <span class="unit">core-hours</span>
  </span>
);

export type Tone = "good" | "fair" | "bad" | "neutral";

/** A state, in a word. The word says it; the colour only helps. */
export const Badge = ({ tone, children }: { tone: Tone; children: ComponentChildren }) => (
  <span class={`badge ${tone}`}>{children}</span>
);

/** Copies a text. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(text).then(() => {
      setDone(true);
      setTimeout(() => {
        setDone(false);
      }, 1500);
    });
  };
  return (
    <button type="button" class="quiet" onClick={copy} aria-label={`Copy ${what}`}>
      {done ? "copied" : "copy"}
    </button>
  );
}

/** Terms with what they are; what is undefined is left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  const known = facts.filter(([, value]) => value !== undefined);
  return known.length === 0 ? null : (
    <dl class="facts">
      {known.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A section of a page. */
export const Section = ({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) => {
  const id = title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return (
    <section aria-labelledby={id}>
      <div class="heading">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
};

/** A box that scrolls by itself where its content is wider than the page; the keyboard can reach it. */
export const Scroll = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <div class="scroll" role="group" tabIndex={0} aria-label={label}>
    {children}
  </div>
);
