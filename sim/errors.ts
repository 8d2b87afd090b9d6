/** Something that the person at the command line can put right; the message says what is wrong and what to do. */
export class UserError extends Error {
  override readonly name = "UserError";
}
