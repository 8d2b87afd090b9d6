/** What a search found. A single hit is gone to at once. */
import { useLayoutEffect } from "preact/hooks";

import { useApi } from "../api.ts";
import { Name, pathOf } from "../components/links.tsx";
import { PageHead } from "../components/page.tsx";
import { Empty, Show } from "../components/states.tsx";
import { navigate, place } from "../router.ts";

export function SearchPage() {
  const q = place.value.query.get("q") ?? "";
  const loaded = useApi("/api/search", q === "" ? undefined : {}, { q });
  const [only, second] = loaded.data ?? [];
  const direct = second === undefined && only !== undefined ? pathOf(only.link) : undefined;
  // Before anything else can happen, such as another search.
  useLayoutEffect(() => {
    if (direct !== undefined) navigate(direct, "replace");
  }, [direct]);
  if (q === "")
    return (
      <>
        <PageHead title="Search" />
        <Empty>
          Search above by transaction or block hash, block number, address, participant’s ID, or the
          number of a contract, transfer or slot. The key / leads to the field from anywhere.
        </Empty>
      </>
    );
  return (
    <>
      <PageHead title={`Search for ${q}`} name={<Name text={q} fallback="" />} kicker="Search" />
      <Show loaded={loaded}>
        {(hits) =>
          hits.length === 0 ? (
            <Empty>
              Nothing is called so. Hashes, addresses and numbers must be whole; of an ID a part is
              enough.
            </Empty>
          ) : (
            <ol class="hits">
              {hits.map(({ link, label, detail }, index) => (
                <li key={index}>
                  <a href={pathOf(link)}>
                    <Name text={label} fallback={pathOf(link)} />
                  </a>{" "}
                  <span class="means">{detail}</span>
                </li>
              ))}
            </ol>
          )
        }
      </Show>
    </>
  );
}
