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

/** A new W3C trace context. */
export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
