import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceUnavailableException } from '@nestjs/common';
import { lifeSigns } from '#kernel';
import { livenessOf } from './health.controller.js';

describe('The liveness of an app', () => {
  it('fails and names the loop that has not moved within the limit', () => {
    const sign = lifeSigns.begin('outbox 1');
    try {
      assert.deepEqual(livenessOf({ app: 'archiver' }, 60_000), { status: 'ok', app: 'archiver' });
      assert.throws(
        () => livenessOf({ app: 'archiver' }, -1),
        (error: unknown) => {
          assert.ok(error instanceof ServiceUnavailableException);
          const answer = error.getResponse() as { app: string; stalled: { loop: string }[] };
          assert.equal(answer.app, 'archiver');
          assert.deepEqual(
            answer.stalled.map(({ loop }) => loop),
            ['outbox 1'],
          );
          return true;
        },
      );
    } finally {
      sign.end();
    }
    assert.deepEqual(livenessOf({ app: 'catalog-api', name: 'scicat-bridge' }, -1), {
      status: 'ok',
      app: 'catalog-api',
      name: 'scicat-bridge',
    });
  });
});
