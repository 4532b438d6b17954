import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Logger } from '#observability';
import type { RequestWithCaller } from './caller.decorator.js';
import { RefusalLog } from './refusal-log.js';

it('A refused access is one line with who, what and whereto, and without tokens', () => {
  const lines: object[] = [];
  const logger = { warn: (fields: object) => lines.push(fields) } as unknown as Logger;
  const request = {
    method: 'GET',
    url: '/api/v3/jobs/7?access_token=Bearer%20secret',
    ip: '10.0.0.1',
    headers: { authorization: 'Bearer secret' },
    routeOptions: { url: '/api/v3/jobs/:id' },
  } as unknown as RequestWithCaller;
  new RefusalLog(logger).refused(request, 403);
  assert.deepEqual(lines, [
    {
      audit: 'access-refused',
      status: 403,
      who: 'anonymous',
      from: '10.0.0.1',
      operation: 'GET /api/v3/jobs/:id',
      path: '/api/v3/jobs/7',
    },
  ]);
});
