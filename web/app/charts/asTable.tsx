/** A chart's values as a table, made when it is asked for. */
import { useState } from "preact/hooks";

import type { Series } from "../../../sim/report/panel.ts";
import { Scroll } from "../components/text.tsx";
import { fixed, NONE, utcMinute } from "../format.ts";
import type { ReadPanel, TimedSlot } from "./readPanel.ts";

interface TableProps {
  readonly title: string;
  /** What a piece of the time axis is. */
  readonly piece: string;
  readonly slots: readonly TimedSlot[];
  readonly panels: readonly ReadPanel[];
  readonly to?: (slot: number) => string;
}

export function AsTable({ title, piece, slots, panels, to }: TableProps) {
  const [open, setOpen] = useState(false);
  const series: readonly { one: Series; panel: ReadPanel }[] = panels.flatMap((panel) =>
    panel.series.map((one) => ({ one, panel })),
  );
  return (
    <details
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>As a table</summary>
      {open && (
        <Scroll label={`${title}, data`}>
          <table>
            <thead>
              <tr>
                <th scope="col">{piece}</th>
                <th scope="col">From, UTC</th>
                {series.map(({ one, panel }) => (
                  <th key={one.label} scope="col" class="n">
                    {one.label}
                    {panel.unit !== "" && `, ${panel.unit}`}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {slots.map(({ slot, timestamp }, index) => (
                <tr key={slot}>
                  <th scope="row">{to === undefined ? slot : <a href={to(slot)}>{slot}</a>}</th>
                  <td>{utcMinute(timestamp)}</td>
                  {series.map(({ one, panel }) => {
                    const value = one.values[index];
                    const none = value === undefined || Number.isNaN(value);
                    return (
                      <td key={one.label} class="n">
                        {none ? NONE : fixed(value, panel.decimals)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </details>
  );
}
