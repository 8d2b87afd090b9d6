/** What events tell beyond where they are, as columns of a CSV file. */
import type { DecodedCall, DecodedValue, EventRow } from "../../shared/api.ts";
import { isLeaf, unpackedBeside } from "../../shared/decoded.ts";
import type { AbiParameter, Codec } from "../index/codec.ts";
import { packedTypes } from "../index/words.ts";
import type { Computed } from "./list.ts";

/**
 * Columns for topics and arguments of events: one for each argument if only one event of the market is asked for, with what its
 * number means beside it where that can be known; else one for all, as `name=value; name=value`.
 */
export function argumentColumns(
  codec: Codec | undefined,
  contract: string | undefined,
  name: string | undefined,
): Computed<EventRow> {
  const parameters = name === undefined ? undefined : onlyEvent(codec, contract, name);
  if (parameters === undefined)
    return {
      names: ["topics", "arguments"],
      values: ({ topics, event }) => [topics.join("; "), inOneLine(event)],
    };
  const known = [...new Map(namesOf(parameters))];
  return {
    names: [
      "topics",
      ...known.flatMap(([argument, labelled]) => {
        const column = `arguments.${argument}`;
        return labelled ? [column, `${column}.label`] : [column];
      }),
    ],
    values: ({ topics, event }) => {
      const leaves = new Map(leavesOf(event?.arguments ?? []).map((leaf) => [leaf.name, leaf]));
      return [
        topics.join("; "),
        ...known.flatMap(([argument, labelled]) => {
          const leaf = leaves.get(argument);
          return labelled ? [leaf?.text, leaf?.label] : [leaf?.text];
        }),
      ];
    },
  };
}

/** Parameters of the one event that is called so; undefined if there is none, or more than one. */
function onlyEvent(
  codec: Codec | undefined,
  contract: string | undefined,
  name: string,
): readonly AbiParameter[] | undefined {
  const found = (codec?.contracts ?? [])
    .filter((one) => contract === undefined || one.name === contract)
    .flatMap(({ abi }) => abi.filter((item) => item.type === "event" && item.name === name));
  return found.length === 1 ? found[0]?.inputs : undefined;
}

/** Names of what {@link leavesOf} finds in values of such parameters, and whether they have labels. */
const namesOf = (parameters: readonly AbiParameter[], path = ""): [string, boolean][] =>
  parameters.flatMap(({ name, type, internalType = type, components }) => {
    const packed = packedTypes(internalType);
    if (packed !== undefined)
      return Object.entries(packed).map(([field, own]): [string, boolean] => [
        path + field,
        hasLabel(own),
      ]);
    if (components !== undefined && !type.endsWith("]"))
      return namesOf(components, `${path}${name}.`);
    return [[path + name, hasLabel(internalType) || type === "address"]];
  });

const hasLabel = (solidityType: string): boolean =>
  solidityType === "ParticipantId" || solidityType.startsWith("enum ");

/** A value with its path. */
interface Leaf {
  readonly name: string;
  readonly text: string;
  readonly label: string | null;
}

/** Values that have no others in them; fields of a packed word stand for it, and a list is one text. */
const leavesOf = (values: readonly DecodedValue[], path = ""): Leaf[] =>
  values.flatMap((one) => {
    const { name, label, type } = one;
    // Bytes that are an error stay what they are.
    const unpacked = type === "bytes" ? undefined : unpackedBeside(one, values);
    if (unpacked !== undefined) return leavesOf(unpacked, path);
    if (isLeaf(one)) return [{ name: path + name, text: String(one.value), label }];
    const inside = one.value as readonly DecodedValue[];
    if (!type.endsWith("]")) return leavesOf(inside, `${path}${name}.`);
    return [{ name: path + name, text: JSON.stringify(inside.map(plain)), label }];
  });

/** An element of a list without names and types. */
const plain = ({ value }: DecodedValue): unknown =>
  typeof value === "object" ? value.map(plain) : value;

const inOneLine = (event: DecodedCall | null): string =>
  leavesOf(event?.arguments ?? [])
    .map(({ name, text }) => `${name}=${text}`)
    .join("; ");
