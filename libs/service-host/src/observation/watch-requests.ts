import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { newTraceparent, runInContext, traceparentFrom } from '#messaging';
import { metrics, startSpan, type RunningSpan } from '#observability';

const duration = metrics.histogram({
  name: 'http_server_request_duration_seconds',
  help: 'Time until a request was answered, by the pattern of its route.',
  labels: ['http_request_method', 'http_route', 'http_response_status_code'],
  open: 'http_route',
  buckets: [0.005, 0.05, 0.5, 5],
});

/** What monitors ask for says nothing about the app's work. */
const unwatched = /^\/(metrics|api\/v\d+\/health)/i;
/** What is said of a route in every request of it; routes are as many as the app has, and one for what is none. */
const routes = new Map<string, { readonly short: string; readonly isUnwatched: boolean }>();
const spans = new WeakMap<FastifyRequest, RunningSpan>();

/**
 * Measures requests, enters the trace that a client sent (or a new one), and makes each request a span. Routes are named by their
 * pattern: an id in an address makes no series.
 */
export function watchRequests(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  // After the body: its stream ends the context in which its request came.
  server.addHook('preValidation', (request, _reply, done) => {
    const parent = traceparentFrom(request.headers['traceparent']) ?? newTraceparent();
    const route = routeOf(request);
    const { short, isUnwatched } = factsOf(route);
    if (isUnwatched) return runInContext({ traceparent: parent }, done);
    const span = startSpan({
      ...{ name: `${request.method} ${short}`, kind: 'server', parent },
      attributes: { 'http.request.method': request.method, 'http.route': route },
    });
    spans.set(request, span);
    runInContext({ traceparent: span.traceparent }, done);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { short, isUnwatched } = factsOf(routeOf(request));
    const { statusCode } = reply;
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': statusCode });
    span?.end(statusCode >= 500 ? String(statusCode) : undefined);
    if (!isUnwatched)
      duration(
        {
          http_request_method: request.method,
          http_route: short,
          http_response_status_code: String(statusCode),
        },
        reply.elapsedTime / 1000,
      );
    done();
  });
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown';
}

/** `/api/v3/jobs/:id` → `/jobs/:id`: both versions of a call are one thing to do. */
function factsOf(route: string): { readonly short: string; readonly isUnwatched: boolean } {
  const known = routes.get(route);
  if (known !== undefined) return known;
  const facts = {
    short: route.replace(/^\/api\/v\d+(?=\/)/i, ''),
    isUnwatched: unwatched.test(route),
  };
  routes.set(route, facts);
  return facts;
}
