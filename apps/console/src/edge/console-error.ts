import type { ConsoleFault } from '#console-api';
import { CatenaError } from '#kernel';

interface More {
  /** The app that said so, where it was not the console. */
  readonly app?: string;
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: string;
  /** Whether the browser's cookie stands for nobody any more. */
  readonly endsSession?: boolean;
  readonly cause?: unknown;
}

/** Why the console does not do what it was asked, as the browser is told. */
export class ConsoleError extends CatenaError {
  readonly app: string | undefined;
  readonly retryAfter: string | undefined;
  readonly endsSession: boolean;

  constructor(
    readonly status: number,
    code: string,
    message: string,
    { app, retryAfter, endsSession = false, cause }: More = {},
  ) {
    super(code, message, cause === undefined ? {} : { cause });
    this.app = app;
    this.retryAfter = retryAfter;
    this.endsSession = endsSession;
  }

  /** @param traceId of the request, by which logs are found */
  fault(traceId: string | undefined): ConsoleFault {
    const { code, message, app } = this;
    return {
      ...{ code, message },
      ...(app === undefined ? {} : { app }),
      ...(traceId === undefined ? {} : { traceId }),
    };
  }
}

/** Nobody is signed in with this cookie. */
export function signedOut(): ConsoleError {
  return new ConsoleError(401, 'console.signed-out', 'Nobody is signed in here, or not any more: sign in.', {
    endsSession: true,
  });
}

/** catalog-api does not answer, or answers that it cannot. */
export function catalogueAway(cause?: unknown): ConsoleError {
  return new ConsoleError(
    503,
    'console.catalogue-away',
    'The catalogue does not answer now: what belongs to people cannot be shown. Try again in a minute.',
    { app: 'catalog-api', retryAfter: '30', cause },
  );
}

export function noSuchCall(found: string): ConsoleError {
  return new ConsoleError(
    404,
    'console.no-such-call',
    `Expected a call that the console passes on, found ${found.slice(0, 200)}.`,
  );
}
