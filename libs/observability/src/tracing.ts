import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Link,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';

/** How a span stands to those around it. */
export type KindOfSpan = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export interface SpanSpec {
  readonly name: string;
  readonly kind: KindOfSpan;
  /** W3C trace context of what led to it. */
  readonly parent: string;
  /** Milliseconds it waited since then; after more than an hour it is linked, in the same trace, instead of being a child. */
  readonly waited?: number;
  readonly attributes?: Attributes;
}

/** A span that has begun. */
export interface RunningSpan {
  /** W3C trace context for what it leads to; that of the parent where no spans are exported. */
  readonly traceparent: string;
  set(attributes: Attributes): void;
  /** @param fault code or sentence, where it did not end well */
  end(fault?: string): void;
}

const linkedAfter = 3_600_000;

const kinds: Readonly<Record<KindOfSpan, SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

let isOn = false;
let nextTraceId: string | undefined;

/** Spans are exported from now on, or no longer. */
export function switchSpans(on: boolean): void {
  isOn = on;
}

/** The trace that the next span without a parent belongs to. For the id generator of the exporter. */
export function takeTraceId(): string | undefined {
  const taken = nextTraceId;
  nextTraceId = undefined;
  return taken;
}

/** Begins a span; without an exporter it costs nothing, and trace ids are passed on all the same. */
export function startSpan({ name, kind, parent, waited = 0, attributes = {} }: SpanSpec): RunningSpan {
  const above = isOn ? contextOf(parent) : undefined;
  if (above === undefined) return { traceparent: parent, set: () => undefined, end: () => undefined };
  const isLinked = waited > linkedAfter;
  const links: Link[] = isLinked ? [{ context: above }] : [];
  if (isLinked) nextTraceId = above.traceId;
  const span = trace
    .getTracer('catena')
    .startSpan(
      name,
      { kind: kinds[kind], attributes, links, root: isLinked },
      isLinked ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, above),
    );
  nextTraceId = undefined;
  return {
    traceparent: traceparentOf(span),
    set: (more) => void span.setAttributes(more),
    end: (fault) => {
      if (fault !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: fault.slice(0, 200) });
      span.end();
    },
  };
}

/** The id of the trace in a W3C trace context. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

function contextOf(traceparent: string): SpanContext | undefined {
  const [, traceId, spanId, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
