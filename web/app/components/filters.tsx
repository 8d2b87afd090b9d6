/** What a list is narrowed by. It is kept in the page's address. */
import { useEffect, useState } from "preact/hooks";

import { addressWith, navigate, place } from "../router.ts";

/** One of them. */
export interface Filter {
  /** Name in the address and in the API's query. */
  readonly name: string;
  readonly label: string;
  /** Values to choose from, as they are asked for and as they are shown; a field to type into without. */
  readonly options?: readonly (readonly [string, string])[];
  /** What is so without a choice; "all" unless told. */
  readonly unset?: string;
  readonly type?: "text" | "number";
  readonly placeholder?: string;
}

/** Values of filters in the address, for a query. */
export function filtered(filters: readonly Filter[]): Readonly<Record<string, string>> {
  const { query } = place.value;
  return Object.fromEntries(
    filters.flatMap(({ name }) => {
      const value = query.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

const FIRST_PAGE = { cursor: undefined, page: undefined };

/** Fields for the filters. A choice counts at once, what is typed with Enter or on leaving the field. */
export function Filters({ filters }: { filters: readonly Filter[] }) {
  const { query } = place.value;
  const change = (name: string, typed: string): void => {
    const value = typed.trim();
    if ((query.get(name) ?? "") === value) return;
    navigate(addressWith({ ...FIRST_PAGE, [name]: value }));
  };
  const active = filters.some(({ name }) => query.has(name));
  return (
    <form
      class="filters"
      role="search"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault();
        const focused = document.activeElement;
        if (focused instanceof HTMLInputElement) change(focused.name, focused.value);
      }}
    >
      {filters.map(({ name, label, options, unset = "all", type, placeholder }) => (
        <label key={name}>
          <span>{label}</span>
          {options === undefined ? (
            <Field
              name={name}
              value={query.get(name) ?? ""}
              inputMode={type === "number" ? "numeric" : "text"}
              {...(placeholder === undefined ? {} : { placeholder })}
              onChange={(value) => {
                change(name, value);
              }}
            />
          ) : (
            <select
              name={name}
              value={query.get(name) ?? ""}
              onChange={(event) => {
                change(name, event.currentTarget.value);
              }}
            >
              <option value="">{unset}</option>
              {options.map(([value, shown]) => (
                <option key={value} value={value}>
                  {shown}
                </option>
              ))}
            </select>
          )}
        </label>
      ))}
      {active && (
        <a
          href={addressWith({
            ...FIRST_PAGE,
            ...Object.fromEntries(filters.map(({ name }) => [name, undefined])),
          })}
        >
          Clear
        </a>
      )}
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly value: string;
  readonly inputMode: "numeric" | "text";
  readonly placeholder?: string;
  readonly onChange: (value: string) => void;
}

/** A field to type into. What is typed stays while the page renews itself, until the address says something else. */
function Field({ value, onChange, ...props }: FieldProps) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    setTyped(value);
  }, [value]);
  return (
    <input
      {...props}
      type="text"
      value={typed}
      onInput={(event) => {
        setTyped(event.currentTarget.value);
      }}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

/** Values that are shown as they are asked for. */
export const named = (values: readonly string[]): readonly (readonly [string, string])[] =>
  values.map((value) => [value, value]);

/** Yes or no, of something. */
export const yesNo = (yes: string, no: string): readonly (readonly [string, string])[] => [
  ["true", yes],
  ["false", no],
];
