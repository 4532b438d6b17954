import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { exportSpans } from './export-spans.js';
import { startSpan } from './tracing.js';

const trace = 'a'.repeat(32);
const parent = `00-${trace}-${'b'.repeat(16)}-01`;

describe('Spans', () => {
  it('pass the trace on as it is where none are exported', () => {
    const span = startSpan({ name: 'plan', kind: 'internal', parent });
    assert.equal(span.traceparent, parent);
    span.end();
  });

  it('are children of what led to them, and linked in the same trace after more than an hour', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        bodies.push(text);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const stop = await exportSpans({ app: 'archiver', version: '1', endpoint });
    const child = startSpan({ name: 'soon', kind: 'internal', parent, waited: 1000 });
    const late = startSpan({ name: 'late', kind: 'internal', parent, waited: 3_600_001 });
    for (const { traceparent } of [child, late]) {
      assert.equal(traceparent.slice(3, 35), trace);
      assert.notEqual(traceparent, parent);
    }
    child.end();
    late.end('archiver.deferred');
    await stop();
    server.closeAllConnections();
    server.close();
    type Sent = { name: string; traceId: string; parentSpanId?: string; links?: { spanId: string }[] };
    type Body = { resourceSpans: { scopeSpans: { spans: Sent[] }[] }[] };
    const spans = bodies.flatMap((text) =>
      (JSON.parse(text) as Body).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((one) => one.spans),
      ),
    );
    const named = (wanted: string): Sent | undefined => spans.find(({ name }) => name === wanted);
    assert.deepEqual(
      spans.map(({ traceId }) => traceId),
      [trace, trace],
    );
    assert.equal(named('soon')?.parentSpanId, 'b'.repeat(16));
    assert.equal(named('late')?.parentSpanId ?? '', '');
    assert.deepEqual(
      named('late')?.links?.map(({ spanId }) => spanId),
      ['b'.repeat(16)],
    );
  });
});
