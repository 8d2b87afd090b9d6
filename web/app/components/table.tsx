/** Tables of rows, and lists of the API that come in pages. */
import type { ComponentChildren } from "preact";

import type { Page } from "../../shared/api.ts";
import {
  apiUrl,
  useApi,
  type ListPath,
  type PathValues,
  type QueryOf,
  type RowOf,
} from "../api.ts";
import { plural, whole } from "../format.ts";
import { addressWith, place } from "../router.ts";
import { Empty, Show } from "./states.tsx";
import { Scroll } from "./text.tsx";

/** A column of a table. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the right. */
  readonly numeric?: boolean;
}

export const column = <Row,>(head: string, cell: (row: Row) => ComponentChildren): Column<Row> => ({
  head,
  cell,
});

export const numbers = <Row,>(
  head: string,
  cell: (row: Row) => ComponentChildren,
): Column<Row> => ({ head, cell, numeric: true });

/** Rows under their heads; on a narrow screen each row becomes a card. The roles keep it a table there, too. */
export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, index: number) => string | number;
}) {
  const style = ({ numeric }: Column<Row>) => (numeric === true ? { class: "n" } : {});
  return (
    <Scroll label={label}>
      <table class="cards" role="table">
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((one) => (
              <th key={one.head} scope="col" role="columnheader" {...style(one)}>
                {one.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)} role="row">
              {columns.map((one) => (
                <td key={one.head} role="cell" data-head={one.head} {...style(one)}>
                  <div>{one.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export interface ListProps<P extends ListPath> {
  readonly path: P;
  readonly values: PathValues<P>;
  readonly query?: QueryOf<P>;
  /** What the table is called. */
  readonly label: string;
  /** One of the rows, in words. */
  readonly noun: string;
  readonly columns: readonly Column<RowOf<P>>[];
  readonly keyOf: (row: RowOf<P>) => string | number;
  /** What to say if there is none. */
  readonly empty: ComponentChildren;
  /** Shows only so many, and no way to more. */
  readonly first?: number;
}

const PAGE = 50;

/** A list of the API: a page of it, the way to the next, and all of it as CSV. */
export function List<P extends ListPath>(props: ListProps<P>) {
  const { path, values, query, label, noun, columns, keyOf, empty, first } = props;
  const cursor = first === undefined ? place.value.query.get("cursor") : null;
  const paged = {
    ...query,
    ...(first === undefined ? {} : { limit: first }),
    ...(cursor === null ? {} : { cursor }),
  } as QueryOf<P>;
  const loaded = useApi(path, values, paged);
  return (
    <Show loaded={loaded}>
      {(data) => {
        const page = data as Page<RowOf<P>>;
        if (page.items.length === 0) return <Empty>{empty}</Empty>;
        return (
          <>
            <Table label={label} columns={columns} rows={page.items} keyOf={keyOf} />
            {first === undefined && (
              <Pager
                page={page}
                noun={noun}
                csv={apiUrl(path, values, { ...query, format: "csv" })}
              />
            )}
          </>
        );
      }}
    </Show>
  );
}

function Pager({ page, noun, csv }: { page: Page<unknown>; noun: string; csv: string }) {
  const number = Number(place.value.query.get("page") ?? "1");
  const pages = Math.ceil(page.total / PAGE);
  return (
    <nav class="pager" aria-label="Pages">
      <span>
        {plural(page.total, noun)}
        {pages > 1 && `, page ${whole(number)} of ${whole(pages)}`}
      </span>
      {number > 1 && <a href={addressWith({ cursor: undefined, page: undefined })}>First page</a>}
      {page.next !== null && (
        <a rel="next" href={addressWith({ cursor: page.next, page: String(number + 1) })}>
          Next page
        </a>
      )}
      <a href={csv} download>
        All as CSV
      </a>
    </nav>
  );
}
