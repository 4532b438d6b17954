import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ArgumentsHost } from '@nestjs/common';
import { createLogger } from '#observability';
import { DatabaseErrors } from './database-errors.js';

describe('An operations call that the database does not answer', () => {
  function answerTo(error: Error): { status: number; code: string; retryAfter: string | undefined } {
    let [status, code] = [0, ''];
    let retryAfter: string | undefined;
    const reply = {
      status: (found: number) => ((status = found), reply),
      header: (_name: string, value: string) => ((retryAfter = value), reply),
      send: (body: { code: string }) => (code = body.code),
    };
    const host = { switchToHttp: () => ({ getResponse: () => reply }) } as unknown as ArgumentsHost;
    new DatabaseErrors(createLogger('test', 'silent')).catch(error, host);
    return { status, code, retryAfter };
  }
  const withCode = (code: number): Error =>
    Object.assign(new Error('no'), { name: 'MongoServerError', code });

  it('says that it is away, or too slow, and when to come again', () => {
    assert.deepEqual(answerTo(withCode(50)), { status: 503, code: 'operations.too-slow', retryAfter: '5' });
    assert.deepEqual(answerTo(Object.assign(new Error('gone'), { name: 'MongoNetworkError' })), {
      ...{ status: 503, code: 'operations.service-away', retryAfter: '5' },
    });
  });

  it('is a fault of the app otherwise', () => {
    assert.deepEqual(answerTo(withCode(2)), {
      ...{ status: 500, code: 'operations.unexpected-error', retryAfter: undefined },
    });
  });
});
