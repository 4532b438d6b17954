import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { traceIdOf } from '#observability';

/** What travels along with a request or message into everything it causes. */
export interface MessageContext {
  readonly traceparent: string;
  /** Id of the message being handled; absent at an HTTP edge. */
  readonly causationId?: string;
}

/** What the lines of the log name, where it is known. */
export interface Subject {
  readonly jobId?: string;
  readonly workOrderId?: string;
}

interface Scope {
  readonly context: MessageContext;
  readonly subject: Subject;
}

const storage = new AsyncLocalStorage<Scope>();

export function runInContext<Result>(
  context: MessageContext,
  work: () => Result,
  subject: Subject = {},
): Result {
  return storage.run({ context, subject }, work);
}

/** The context of the request or message being handled, or a new trace when there is none. */
export function currentContext(): MessageContext {
  return storage.getStore()?.context ?? { traceparent: newTraceparent() };
}

/** The trace that goes on here; undefined outside any: nobody is told of a trace that leads nowhere. */
export function currentTraceparent(): string | undefined {
  return storage.getStore()?.context.traceparent;
}

/** What a line of the log says of the request or message in whose course it is written. */
export function factsOfContext(): object {
  const scope = storage.getStore();
  return scope === undefined ? {} : { traceId: traceIdOf(scope.context.traceparent), ...scope.subject };
}

/** Work that was put off goes on in the context in which it was accepted; records of before 0.3 have none. */
export function inContextOf<Result>(
  { context }: { readonly context?: MessageContext },
  work: () => Result,
  subject: Subject = {},
): Result {
  return context === undefined ? work() : runInContext(context, work, subject);
}

/** Which job and work data are about, where they name them. */
export function subjectOf(data: object): Subject {
  const { jobId, workOrderId } = data as { jobId?: unknown; workOrderId?: unknown };
  return {
    ...(typeof jobId === 'string' ? { jobId } : {}),
    ...(typeof workOrderId === 'string' ? { workOrderId } : {}),
  };
}

/** The same as attributes of a span. */
export function spanFactsOf({ jobId, workOrderId }: Subject): Record<string, string> {
  return {
    ...(jobId === undefined ? {} : { 'catena.job.id': jobId }),
    ...(workOrderId === undefined ? {} : { 'catena.work_order.id': workOrderId }),
  };
}

/** What a span says of the message it is about, in the words of OpenTelemetry. */
export function spanFactsOfMessage(
  operation: 'publish' | 'process',
  destination: string,
  messageId: string,
): Record<string, string> {
  const facts = {
    system: 'rabbitmq',
    'operation.name': operation,
    'operation.type': operation === 'publish' ? 'send' : operation,
    'destination.name': destination,
    'message.id': messageId,
  };
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [['messaging', name].join('.'), value]),
  );
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
