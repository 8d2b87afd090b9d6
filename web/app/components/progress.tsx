/** How far a contract is, by source of its energy. */
import type { SupplyRow } from "../../shared/api.ts";
import { coreHours, kwh, percent } from "../format.ts";

type Delivered = Pick<SupplyRow, "delivered" | "coreSeconds" | "pvWh" | "esdWh" | "gridWh">;

const SOURCES = [
  ["PV", "pvWh", "direct"],
  ["ESD", "esdWh", "charge"],
  ["grid", "gridWh", "import"],
] as const;

/** What was delivered in a word, and a bar whose parts are the sources. */
export function Progress({ of, long }: { of: Delivered; long?: boolean }) {
  const share = of.coreSeconds === 0 ? 0 : of.delivered / of.coreSeconds;
  const energy = of.pvWh + of.esdWh + of.gridWh;
  let x = 0;
  return (
    <div class={long === true ? "progress long" : "progress"}>
      <svg class="fig" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect width="100" height="8" class="fill-grid" />
        {SOURCES.map(([name, key, colour]) => {
          const width = energy === 0 ? 0 : (of[key] / energy) * share * 100;
          const part = <rect key={name} x={x} width={width} height="8" class={`fill-${colour}`} />;
          x += width;
          return part;
        })}
      </svg>
      <span>
        {percent(share, share === 1 ? 0 : 1)}
        {long === true &&
          ` of the work, ${coreHours(of.delivered)} of ${coreHours(of.coreSeconds)} core-hours`}
      </span>
      {long === true && (
        <ul class="sources">
          {SOURCES.map(([name, key, colour]) => (
            <li key={name}>
              <svg class="swatch fig" viewBox="0 0 22 12" aria-hidden="true">
                <rect width="22" height="12" class={`fill-${colour}`} />
              </svg>
              {name} {kwh(of[key])} kWh
              {energy > 0 && `, ${percent(of[key] / energy)}`}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
