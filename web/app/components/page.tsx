/** The head of a page. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

/** A page's title and what stands under it. The title is the tab's as well. */
export function PageHead({
  title,
  kicker,
  aside,
  name,
}: {
  /** The title as text. */
  title: string;
  kicker?: ComponentChildren;
  aside?: ComponentChildren;
  /** How the title looks, if it is more than text. */
  name?: ComponentChildren;
}) {
  useEffect(() => {
    document.title = `${title} – heliomarket`;
  }, [title]);
  return (
    <div class="head">
      {kicker !== undefined && <p class="kicker">{kicker}</p>}
      <div class="heading">
        <h1>{name ?? title}</h1>
        {aside}
      </div>
    </div>
  );
}
