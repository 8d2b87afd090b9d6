/** Parts of the application that are loaded when they are needed. */
import { useEffect, useState } from "preact/hooks";

const RENEWED =
  "A part of the console could not be loaded. If the console was started anew since, load this page again.";

/**
 * Loads a part.
 *
 * @throws Error that can be shown, if its file is not there any more
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    throw new Error(RENEWED, { cause: error });
  }
}

/** A part while it is on its way, and why it does not come. */
export interface Loading<Part> {
  readonly part: Part | undefined;
  readonly failure: string | undefined;
}

/** Loads a part once. */
export function usePart<Part>(load: () => Promise<Part>): Loading<Part> {
  const [state, setState] = useState<Loading<Part>>({ part: undefined, failure: undefined });
  useEffect(() => {
    loadPart(load).then(
      (part) => {
        setState({ part, failure: undefined });
      },
      (error: unknown) => {
        setState({ part: undefined, failure: (error as Error).message });
      },
    );
  }, []);
  return state;
}
