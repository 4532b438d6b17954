import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkWorker } from '../../apps/admin-cli/src/check-worker/check-worker.js';
import { outcomesOf, removeQueue, withDisconnection } from './checked.js';
import { PythonWorker } from './python-worker.js';

/** @param faults names of classes in planted_faults.py, each with the one check that must find it */
export function findsPlantedFaults(faults: Readonly<Record<string, string>>): void {
  describe('A worker with a planted fault', { concurrency: 3 }, () => {
    for (const [fault, check] of Object.entries(faults))
      it(`${fault}: ${check} finds it, and nothing else does`, async () => {
        const worker = await PythonWorker.start(fault);
        try {
          const { outcome, document } = await checkWorker(
            worker.context,
            worker.target,
            { prefix: worker.prefix, patience: '10s', progressWithin: '5s' },
            withDisconnection(worker),
          );
          const failed = outcomesOf(document).filter(({ result }) => result === 'FAIL');
          assert.deepEqual(
            failed.map(({ name }) => name),
            [check],
            `${JSON.stringify(failed, undefined, 1)}\n${worker.log}`,
          );
          assert.equal(outcome, 'failed');
        } finally {
          await worker.stop();
          await removeQueue(worker);
        }
      });
  });
}
