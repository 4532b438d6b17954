import { randomBytes } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import { switchSpans, takeTraceId } from './tracing.js';

export interface SpanExport {
  readonly app: string;
  readonly version: string;
  /** Where spans go by OTLP over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
}

/**
 * Begins to export spans. The SDK is loaded only here, so that an app without a collector never pays for it.
 *
 * @returns what sends the last spans and ends the export; it never rejects, and takes two seconds at most
 */
export async function exportSpans({ app, version, endpoint }: SpanExport): Promise<() => Promise<void>> {
  const [{ BasicTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: 5000 });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'catena',
      'service.name': app,
      'service.version': version,
    }),
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: 4096, scheduledDelayMillis: 1000 })],
    idGenerator: {
      generateTraceId: () => takeTraceId() ?? randomBytes(16).toString('hex'),
      generateSpanId: () => randomBytes(8).toString('hex'),
    },
  });
  trace.setGlobalTracerProvider(provider);
  switchSpans(true);
  return async () => {
    switchSpans(false);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, 2000);
    });
    await Promise.race([provider.shutdown().catch(() => undefined), late]);
    clearTimeout(timer);
    trace.disable();
  };
}
