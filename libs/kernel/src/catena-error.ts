/**
 * The one error base of Catena.
 *
 * Identity is `code` (`<context>.<kebab-name>`, listed in docs/errors.md), never the class: codes survive process and
 * package borders. The message is for people and says what was expected, what was found, which id, what to do.
 */
export class CatenaError extends Error {
  readonly code: string;
  /** True when the same call may succeed later without anybody changing anything (network, lock, full disk). */
  readonly retriable: boolean;
  /** True when a service that everything here needs does not answer: nobody's message or work is to blame for it. */
  readonly away: boolean;
  /** Facts safe to log: no secrets, no file contents. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: {
      retriable?: boolean;
      away?: boolean;
      details?: Record<string, unknown>;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retriable = options.retriable ?? false;
    this.away = options.away ?? false;
    this.details = options.details ?? {};
  }
}

/** A fault that passes by itself: the caller should try again later. */
export class TransientError extends CatenaError {
  constructor(
    code: string,
    message: string,
    options: { away?: boolean; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(code, message, { ...options, retriable: true });
  }
}

/** A fault that stays until a person changes something: trying again is useless. */
export class PermanentError extends CatenaError {
  constructor(
    code: string,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(code, message, { ...options, retriable: false });
  }
}

/** Whether trying again may help. Unknown errors count as transient: a bounded number of retries is safe, a wrong "permanent" is not. */
export function isRetriable(error: unknown): boolean {
  return error instanceof CatenaError ? error.retriable : true;
}

/** What recognises that a service is away by an error that is not ours; see {@link recogniseAway}. */
const recognisers: ((error: Error) => boolean)[] = [];

/** Says how the errors of a client look while its service does not answer. A library calls it once, where it opens that client. */
export function recogniseAway(recognise: (error: Error) => boolean): void {
  recognisers.push(recognise);
}

/** Whether a service that everything here needs does not answer: one that says so itself (`away`), or is recognised. */
export function isAway(error: unknown): boolean {
  if (error instanceof CatenaError) return error.away;
  return error instanceof Error && recognisers.some((recognise) => recognise(error));
}

/** The code of an error of ours; `unexpected` of anything else that was thrown. */
export function codeOf(error: unknown, unexpected: string): string {
  return error instanceof CatenaError ? error.code : unexpected;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
