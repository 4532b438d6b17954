import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** What travels along with a request or message into everything it causes. */
export interface MessageContext {
  readonly traceparent: string;
  /** Id of the message being handled; absent at an HTTP edge. */
  readonly causationId?: string;
}

const storage = new AsyncLocalStorage<MessageContext>();

export function runInContext<Result>(context: MessageContext, work: () => Result): Result {
  return storage.run(context, work);
}

/** The context of the request or message being handled, or a new trace when there is none. */
export function currentContext(): MessageContext {
  return storage.getStore() ?? { traceparent: newTraceparent() };
}

/** Work that was put off goes on in the context in which it was accepted; records of before 0.3 have none. */
export function inContextOf<Result>(
  { context }: { readonly context?: MessageContext },
  work: () => Result,
): Result {
  return context === undefined ? work() : runInContext(context, work);
}

/** What a client sent as W3C trace context, version 00; undefined when it is none. */
export function traceparentFrom(header: unknown): string | undefined {
  if (typeof header !== 'string') return undefined;
  const [, trace = '', span = ''] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header) ?? [];
  return /[^0]/.test(trace) && /[^0]/.test(span) ? header : undefined;
}

/** A new W3C trace context. */
export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
