import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkWorker } from '../../apps/admin-cli/src/check-worker/check-worker.js';
import { outcomesOf, removeQueue, withDisconnection } from './checked.js';
import { PythonWorker } from './python-worker.js';

/** Each fault of planted_faults.py, and the one check that must find it. */
const faults: Readonly<Record<string, string>> = {
  NeverAnswers: 'stores',
  SaysNothingAtFirst: 'accepts',
  TrustsTheMedium: 'damaged',
  NeverAnswersRecalls: 'recalls',
  KeepsRemoved: 'removes',
  RemovesAnything: 'remove-other',
  MixesNames: 'names',
  AnswersDifferently: 'same-command-twice',
  DoesItAgain: 'same-command-twice',
  AnswersTheFirstAttempt: 'second-attempt',
  NoProgress: 'progress',
  IgnoresCancel: 'cancel-in-the-middle',
  CancelsOneAttempt: 'cancel-all-attempts',
  ForgetsEarlyCancel: 'cancel-before-begin',
  CancelsWhatIsDone: 'cancel-after-the-end',
  TrustsTheOrder: 'wrong-bytes',
  KeepsParts: 'link-cut',
  GivesUpOnLinks: 'upload-403',
  HandsOutDamage: 'damaged',
  LosesEvents: 'broken-connection',
  AcknowledgesFirst: 'restart-in-the-middle',
  ForgetsAfterRestart: 'restart-remembers',
  DiesOnRubbish: 'rubbish',
  Requeues: 'rubbish',
  OddTimes: 'well-formed',
  Anonymous: 'own-account',
  SpeaksForOthers: 'its-orders-only',
  AcceptsTheNextAttempt: 'its-orders-only',
  ChangesItsStory: 'one-end',
};

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
