/** Decoded calls, events and errors: names, types, and what the values mean. */
import type { DecodedCall, DecodedValue } from "../../shared/api.ts";
import { isLeaf, unpackedBeside, type LeafValue } from "../../shared/decoded.ts";
import { coreHours, kwh, price, utcMinute } from "../format.ts";
import { MaybeLink, Name, slotStart } from "./links.tsx";

/** What a number of one of the market's types is in a reader's units; undefined for others. */
function meaning({ solidityType, value }: DecodedValue): string | undefined {
  if (typeof value !== "string" || !/^[1-9]\d{0,14}$/.test(value)) return undefined;
  const number = Number(value);
  switch (solidityType) {
    case "Wh":
      return `${kwh(number)} kWh`;
    case "Price":
      return `${price(number)} yuan/kWh`;
    case "CoreSeconds":
      return `${coreHours(number)} core-hours`;
    case "SlotId": {
      const start = slotStart(number);
      return start === undefined ? undefined : `${utcMinute(start)} UTC`;
    }
    default:
      return undefined;
  }
}

function Leaf({ of }: { of: LeafValue }) {
  const { label, link, value, type } = of;
  const text = String(value);
  const means = meaning(of);
  return (
    <>
      <MaybeLink to={link}>
        {type === "string" ? (
          <Name text={text} fallback="(empty)" />
        ) : (
          <code class="long">{text}</code>
        )}
      </MaybeLink>
      {label !== null && (
        <span class="means">
          <Name text={label} fallback="(no name)" />
        </span>
      )}
      {means !== undefined && <span class="means">{means}</span>}
    </>
  );
}

/** Named values, those inside of others below them. */
export function Values({ values }: { values: readonly DecodedValue[] }) {
  if (values.length === 0) return <p class="empty">None.</p>;
  return (
    <ul class="values">
      {values.map((one, index) => (
        <li key={index}>
          <span class="arg">
            {one.name === "" ? index : one.name}{" "}
            <span class="type" title={one.type}>
              {typeOf(one)}
            </span>
          </span>
          {isLeaf(one) ? (
            <span class="value">
              <Leaf of={one} />
            </span>
          ) : (
            <Inner values={one.value as readonly DecodedValue[]} list={one.type.endsWith("]")} />
          )}
          {one.unpacked !== undefined && <Values values={unpackedBeside(one, values) ?? []} />}
        </li>
      ))}
    </ul>
  );
}

/** Beyond so many elements a list is folded. */
const UNFOLDED = 12;

function Inner({ values, list }: { values: readonly DecodedValue[]; list: boolean }) {
  if (values.length === 0) return <span class="value">none</span>;
  if (!list || values.length <= UNFOLDED) return <Values values={values} />;
  return (
    <details>
      <summary>{values.length} elements</summary>
      <Values values={values} />
    </details>
  );
}

/** The contract's name of a type, where it has one. */
const typeOf = ({ type, solidityType }: DecodedValue): string =>
  solidityType === "" ? type : solidityType;

/** A call, event or error with its values. */
export const Decoded = ({ of }: { of: DecodedCall }) => (
  <div class="decoded">
    <p>
      <a href={`/contracts/${of.contract}`}>{of.contract}</a>.<b>{of.name}</b>{" "}
      <code class="type">{of.signature}</code>
    </p>
    <Values values={of.arguments} />
  </div>
);

/** A call, event or error in a line. */
export const Brief = ({ of }: { of: DecodedCall }) => (
  <span class="brief">
    <b>{of.name}</b>{" "}
    {of.arguments
      .flatMap((one) => unpackedBeside(one, of.arguments) ?? [one])
      .map((one, index) => (
        <span key={index} class="argument">
          <span class="type">{one.name}</span>{" "}
          {isLeaf(one) ? (
            <MaybeLink to={one.link}>
              <Name text={shortened(one)} fallback="(empty)" />
            </MaybeLink>
          ) : (
            "{…}"
          )}
        </span>
      ))}
  </span>
);

const LONGEST = 24;

function shortened({ label, value }: LeafValue): string {
  const text = label ?? String(value);
  return text.length <= LONGEST ? text : `${text.slice(0, 12)}…${text.slice(-6)}`;
}
