/** Forms for the functions of a contract that only read; the node answers them, and the console's index has no part in it. */
import { Interface, type FunctionFragment, type InterfaceAbi, type ParamType } from "ethers";
import { useMemo, useState } from "preact/hooks";

import type { ContractDetail, DecodedValue } from "../../shared/api.ts";
import { Empty } from "../components/states.tsx";
import { Values } from "../components/values.tsx";
import { rpc, RpcFailure } from "../rpc.ts";
import { fieldName, TypedError, valueOf, type Typed } from "./typed.ts";
import { decodedOf } from "./values.ts";

type Parameter = NonNullable<Parameters<typeof decodedOf>[1]>;

interface RawFunction {
  readonly type?: string;
  readonly name?: string;
  readonly inputs?: readonly { readonly type: string }[];
  readonly outputs?: readonly Parameter[];
}

/** Functions that change nothing. */
function readsOf(codec: Interface): FunctionFragment[] {
  const reads: FunctionFragment[] = [];
  codec.forEachFunction((one) => {
    if (one.constant) reads.push(one);
  });
  return reads;
}

/** A function's entry in the ABI as JSON; overloads are told apart by the number of their parameters. */
const entryOf = (abi: readonly unknown[], { name, inputs }: FunctionFragment) =>
  (abi as readonly RawFunction[]).find(
    (one) => one.type === "function" && one.name === name && one.inputs?.length === inputs.length,
  );

export function ReadForms({ contract }: { contract: ContractDetail }) {
  const [wanted, setWanted] = useState("");
  const codec = useMemo(() => new Interface(contract.abi as InterfaceAbi), [contract.abi]);
  const functions = useMemo(() => readsOf(codec), [codec]);
  if (functions.length === 0) return <Empty>It has no function that only reads.</Empty>;
  const shown = functions.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <>
      <div class="filters">
        <label>
          <span>Function contains</span>
          <input
            type="text"
            value={wanted}
            onInput={(event) => {
              setWanted(event.currentTarget.value);
            }}
          />
        </label>
      </div>
      {shown.length === 0 && <Empty>No function is called so.</Empty>}
      {shown.map((one) => (
        <ReadForm key={one.selector} contract={contract} codec={codec} of={one} />
      ))}
    </>
  );
}

type Answer =
  | { readonly kind: "values"; readonly values: readonly DecodedValue[] }
  | { readonly kind: "error"; readonly message: string };

interface FormProps {
  readonly contract: ContractDetail;
  readonly codec: Interface;
  readonly of: FunctionFragment;
}

function ReadForm({ contract, codec, of }: FormProps) {
  const [typed, setTyped] = useState<Readonly<Record<string, Typed>>>({});
  const [block, setBlock] = useState("");
  const [answer, setAnswer] = useState<Answer>();
  const ask = async (): Promise<void> => {
    setAnswer(await answerOf({ contract, codec, of }, typed, block));
  };
  return (
    <details class="read">
      <summary>
        <code>{of.name}</code>
        <span class="type">
          ({of.inputs.map(({ type, name }) => `${type} ${name}`.trim()).join(", ")})
        </span>
      </summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        {of.inputs.map((input, index) => {
          const key = fieldName(input, index);
          return (
            <Field
              key={key}
              type={input}
              label={key}
              typed={typed[key]}
              onTyped={(value) => {
                setTyped((before) => ({ ...before, [key]: value }));
              }}
            />
          );
        })}
        <div class="ask">
          <label>
            <span>At block</span>
            <input
              type="text"
              inputMode="numeric"
              placeholder="latest"
              value={block}
              onInput={(event) => {
                setBlock(event.currentTarget.value);
              }}
            />
          </label>
          <button type="submit">Ask {of.name}</button>
        </div>
      </form>
      <div role="status">
        {answer?.kind === "error" && <p class="bad">{answer.message}</p>}
        {answer?.kind === "values" && <Values values={answer.values} />}
      </div>
    </details>
  );
}

function Field({
  type,
  label,
  typed,
  onTyped,
}: {
  type: ParamType;
  label: string;
  typed: Typed | undefined;
  onTyped: (value: Typed) => void;
}) {
  if (type.isTuple()) {
    const fields = typeof typed === "object" ? typed : {};
    return (
      <fieldset>
        <legend>{label}</legend>
        {type.components.map((field, index) => {
          const key = fieldName(field, index);
          return (
            <Field
              key={key}
              type={field}
              label={key}
              typed={fields[key]}
              onTyped={(value) => {
                onTyped({ ...fields, [key]: value });
              }}
            />
          );
        })}
      </fieldset>
    );
  }
  const text = typeof typed === "string" ? typed : "";
  return (
    <label>
      <span>
        {label} <span class="type">{type.type}</span>
      </span>
      {type.baseType === "bool" ? (
        <select
          value={text}
          onChange={(event) => {
            onTyped(event.currentTarget.value);
          }}
        >
          <option value="">false</option>
          <option value="true">true</option>
        </select>
      ) : (
        <input
          type="text"
          spellcheck={false}
          autocomplete="off"
          {...(type.isArray() ? { placeholder: "[…], as JSON" } : {})}
          value={text}
          onInput={(event) => {
            onTyped(event.currentTarget.value);
          }}
        />
      )}
    </label>
  );
}

/** Asks the node. Whatever goes wrong on the way is said in the form. */
async function answerOf(
  { contract, codec, of }: FormProps,
  typed: Readonly<Record<string, Typed>>,
  block: string,
): Promise<Answer> {
  try {
    if (!/^\d*$/.test(block.trim()))
      throw new TypedError(
        "At block",
        block,
        "it must be the number of a block, or empty for the latest.",
      );
    const at = block.trim() === "" ? "latest" : `0x${BigInt(block.trim()).toString(16)}`;
    const values = of.inputs.map((input, index) => valueOf(input, typed[fieldName(input, index)]));
    const data = codec.encodeFunctionData(of, values);
    const answer = (await rpc("eth_call", { to: contract.address, data }, at)) as string;
    const results = codec.decodeFunctionResult(of, answer).toArray() as unknown[];
    const raw = entryOf(contract.abi, of)?.outputs;
    return {
      kind: "values",
      values: of.outputs.map((output, index) => decodedOf(output, raw?.[index], results[index])),
    };
  } catch (error) {
    return { kind: "error", message: messageOf(error, codec) };
  }
}

function messageOf(error: unknown, codec: Interface): string {
  if (error instanceof RpcFailure) {
    const known = error.data === undefined ? null : codec.parseError(error.data);
    if (known === null) return error.message;
    const values = known.args.map((value: unknown) => String(value)).join(", ");
    return `It reverts: ${known.name}(${values})`;
  }
  // What ethers says, such as of an answer that does not fit the ABI.
  const { shortMessage, message } = error as { shortMessage?: string; message: string };
  return shortMessage ?? message;
}
