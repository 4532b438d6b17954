import { CatenaError } from '#kernel';

/** A refusal that the HTTP edge turns into SciCat's status and body. */
export class Refusal extends CatenaError {
  constructor(
    readonly status: number,
    message: string,
    /** The whole response body where SciCat's differs from `{message, error, statusCode}`. */
    readonly body?: unknown,
    /** Seconds after which the same request may succeed. */
    readonly retryAfter?: number,
  ) {
    super(`catalog.refused-${status}`, message, { retriable: retryAfter !== undefined });
  }
}

export class BadRequest extends Refusal {
  constructor(message: string, body?: unknown) {
    super(400, message, body);
  }
}

/** Jobs answer errors as `{status, message}`. */
export class JobRefusal extends Refusal {
  constructor(status: number, message: string, more: Record<string, unknown> = {}, retryAfter?: number) {
    super(status, message, { status, message, ...more }, retryAfter);
  }
}

/** A client tries too often. */
export class TooManyRequests extends Refusal {
  /** @param retryAfter seconds */
  constructor(message: string, retryAfter: number) {
    super(429, message, undefined, retryAfter);
  }
}
