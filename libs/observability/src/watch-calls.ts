import { subscribe } from 'node:diagnostics_channel';
import { metrics, secondsSince } from './metrics.js';
import { startSpan, type RunningSpan } from './tracing.js';

/** What Node's own client says of a request; only what is used here. */
interface Call {
  readonly method: string;
  readonly origin: string | URL;
  addHeader(name: string, value: string): unknown;
}

const duration = metrics.histogram({
  name: 'http_client_request_duration_seconds',
  help: 'Time until another server had answered a request of this app, or had not.',
  labels: ['server_address', 'http_request_method', 'http_response_status_code'],
  buckets: [0.01, 0.1, 1, 10, 60],
});

const open = new WeakMap<object, { start: number; status: string; span: RunningSpan | undefined }>();
let watching = false;

/**
 * Tells every server that this process calls with `fetch` which trace a request belongs to, and measures the calls. Node tells of
 * them by itself: nothing is patched.
 *
 * @param traceparent of what is going on at the moment; undefined: nothing that has a trace
 */
export function watchCalls(traceparent: () => string | undefined): void {
  if (watching) return;
  watching = true;
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: Call };
    const parent = traceparent();
    const address = addressOf(request);
    const span =
      parent === undefined
        ? undefined
        : startSpan({
            ...{ name: request.method, kind: 'client', parent },
            attributes: { 'http.request.method': request.method, 'server.address': address },
          });
    open.set(request, { start: performance.now(), status: 'none', span });
    if (span !== undefined) request.addHeader('traceparent', span.traceparent);
  });
  subscribe('undici:request:headers', (message) => {
    const { request, response } = message as { request: Call; response: { statusCode: number } };
    const call = open.get(request);
    if (call !== undefined) call.status = String(response.statusCode);
  });
  const ended = (message: unknown): void => {
    const { request, error } = message as { request: Call; error?: Error };
    const call = open.get(request);
    if (call === undefined) return;
    open.delete(request);
    call.span?.set({ 'http.response.status_code': call.status });
    call.span?.end(error?.message);
    duration(
      {
        server_address: addressOf(request),
        http_request_method: request.method,
        http_response_status_code: call.status,
      },
      secondsSince(call.start),
    );
  };
  subscribe('undici:request:trailers', ended);
  subscribe('undici:request:error', ended);
}

function addressOf({ origin }: Call): string {
  const text = String(origin);
  return URL.canParse(text) ? new URL(text).host : 'unknown';
}
