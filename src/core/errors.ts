/**
 * Three kinds of failure, never mixed: the network sent nonsense (`DecodeError`, which becomes a fact), a person
 * can mend it (`DrybootError`, which becomes three lines), or we have a bug (anything else: a stack).
 * Being stopped is none of the three.
 */

/** An error a person can act on: what happened, where, and what to do next. `code` is stable. */
export class DrybootError extends Error {
  override readonly name = "DrybootError";
  readonly code: string;
  readonly where: string;
  readonly hint: string;
  /** What was seen, one line each: the last facts before a wait failed, the line of a file that is wrong. */
  readonly evidence: readonly string[];
  /** 1: it failed. 2: it was asked for wrongly, or something it needs is missing. */
  readonly exitCode: 1 | 2;

  constructor(
    what: string,
    at: {
      code: string;
      where: string;
      hint: string;
      evidence?: readonly string[];
      exitCode?: 1 | 2;
      cause?: unknown;
    },
  ) {
    super(what, at.cause === undefined ? undefined : { cause: at.cause });
    this.code = at.code;
    this.where = at.where;
    this.hint = at.hint;
    this.evidence = at.evidence ?? [];
    this.exitCode = at.exitCode ?? 1;
  }
}

/** Bytes from the network that do not say what they should. `offset` counts bytes from the start of `field`'s container. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly field: string;
  readonly offset: number;

  constructor(field: string, offset: number, problem: string) {
    super(`${field}: ${problem} (at byte ${offset})`);
    this.field = field;
    this.offset = offset;
  }
}

/** True for the error of an aborted signal, in any of the shapes Node gives it. */
export function isAbort(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AbortError" || (error as NodeJS.ErrnoException).code === "ABORT_ERR";
}

/** The text a person sees; a bug shows its stack, everything else does not. */
export function formatError(error: unknown): string {
  // When a body and its disposal both throw, the one that matters is the body's: the *suppressed* one.
  if (error instanceof SuppressedError) {
    const second = error.error instanceof Error ? error.error.message : String(error.error);
    return `${formatError(error.suppressed)}\n  then, while cleaning up: ${second}`;
  }
  if (error instanceof DrybootError) {
    const cause = error.cause instanceof Error ? ` (${error.cause.message.split("\n", 1)[0]})` : "";
    return [
      `error: ${error.message}${cause}`,
      `  where: ${error.where}`,
      ...error.evidence.map((line, index) => `  ${index === 0 ? "saw:  " : "      "} ${line}`),
      `  next:  ${error.hint}  [${error.code}]`,
    ].join("\n");
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `bug: ${stack}\n  next:  this is dryboot's fault, not yours: please report it with the lines above  [BUG]`;
}
