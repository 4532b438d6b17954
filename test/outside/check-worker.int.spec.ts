import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkWorker } from '../../apps/admin-cli/src/check-worker/check-worker.js';
import { outcomesOf, removeQueue, withDisconnection } from './checked.js';
import { PythonWorker } from './python-worker.js';

describe('catena-admin check-worker', () => {
  it('finds nothing missing at the worker of the examples, and leaves only what is damaged', async () => {
    const worker = await PythonWorker.start();
    try {
      const { outcome, document } = await checkWorker(
        worker.context,
        worker.target,
        { prefix: worker.prefix },
        withDisconnection(worker),
      );
      const checks = outcomesOf(document);
      assert.deepEqual(
        checks.filter(({ result }) => result !== 'pass'),
        [],
        worker.log,
      );
      assert.equal(outcome, 'done');
      assert.deepEqual(
        worker.kept.filter((path) => /[.](tar|part)$/.test(path)),
        (document as { left: string[] }).left.map((archiveId) => `copies/${PythonWorker.fileOf(archiveId)}`),
      );
    } finally {
      await worker.stop();
      await removeQueue(worker);
    }
  });
});
