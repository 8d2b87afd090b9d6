/** A request that is refused. */
import type { ErrorCode } from "../../shared/api.ts";

/** Why, and what to do; the server answers it with the code's status. */
export class ApiFault extends Error {
  override readonly name = "ApiFault";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Something that does not exist. */
export const notFound = (what: string): ApiFault =>
  new ApiFault("not-found", `There is no ${what}.`);
