import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Formats } from '../parts/formats.js';
import { whileCalls } from '../testing/sent.js';
import { textsEn as t } from '../texts/texts-en.js';
import { tryNowDeed } from '../job/try-now-deed.js';
import { pauseDeed, runDeed, type WorkerOfApp } from './work-deeds.js';
import { ordersFilter, workSearchFrom, worksFilter } from './work-search.js';
import { inOrder, workerState } from './worker-state.js';

const f = new Formats('en', 'UTC');
const worker: WorkerOfApp = { app: 'archiver-basel', instance: 'host:1/2', mode: 'run', works: 0 };
const since = '2026-11-29T11:00:00Z';
const steered = { by: 'bert', reason: 'why', since };
const good = () => ({ body: {} });

describe('The address of work', () => {
  it('has what is shown, and nothing that is no filter', () => {
    const search = { state: 'done', target: ' lts ', group: '', jobId: 'j', other: 'x', limit: '1' };
    assert.deepEqual(workSearchFrom(search), { state: 'done', target: 'lts', jobId: 'j' });
    assert.deepEqual(workSearchFrom({ state: 'released' }), {});
    assert.deepEqual(workSearchFrom({ state: 'drafted', target: 7, group: 'x'.repeat(501) }), {});
  });

  it('becomes what each app takes', () => {
    assert.deepEqual(ordersFilter({ target: 'lts', group: 'p1' }), {
      ...{ state: 'released', target: 'lts', group: 'p1' },
    });
    assert.deepEqual(worksFilter({ target: 'lts', group: 'p1', jobId: 'j' }), {
      ...{ state: 'open', share: 'lts', jobId: 'j' },
    });
    assert.deepEqual(worksFilter({ state: 'failed' }), { state: 'failed' });
    assert.equal(worksFilter({ state: 'planned' }), undefined);
  });
});

describe('A worker', () => {
  it('is silent first, then what operators said, then what it does', () => {
    assert.equal(workerState({ ...worker, alive: false, mode: 'pause' }), 'silent');
    assert.equal(workerState({ ...worker, mode: 'pause', works: 2 }), 'pause');
    assert.equal(workerState({ ...worker, mode: 'drain', works: 2 }), 'drain');
    assert.equal(workerState({ ...worker, mode: 'drain' }), 'empty');
    assert.equal(workerState({ ...worker, works: 1 }), 'works');
    assert.equal(workerState({ instance: 'x' }), 'idle');
  });

  it('stands where it needs a look', () => {
    const all = [
      { instance: 'h:10', works: 1 },
      { instance: 'h:9', works: 1 },
      { instance: 'z', alive: false },
      { instance: 'y', mode: 'pause' },
    ];
    assert.deepEqual(
      inOrder(all).map(({ instance }) => instance),
      ['z', 'y', 'h:9', 'h:10'],
    );
  });

  it('is paused and drained with a reason, against what was shown', async () => {
    await whileCalls(good, async (sent) => {
      const until = '2026-11-30T11:00:00.000Z';
      const deed = pauseDeed(t, f, worker);
      assert.equal(deed.reason, 'required');
      assert.deepEqual(deed.subjects, ['host:1/2']);
      assert.match(
        String(await deed.run({ reason: 'drive', key: 'k', values: { mode: 1, until } })),
        /30 Nov/,
      );
      const path = 'operations/archiver-basel/workers/host%3A1%2F2/mode';
      assert.deepEqual(sent[0], {
        ...{ path, method: 'POST', key: 'k', ifMatch: undefined },
        body: { mode: 'drain', reason: 'drive', until },
      });
      await pauseDeed(t, f, { ...worker, steered }).run({ reason: 'a b', key: 'l', values: { mode: 0 } });
      assert.deepEqual(sent[1]?.body, { mode: 'pause', reason: 'a b', seen: since });
      await runDeed(t, { ...worker, steered }).run({ reason: 'done', key: 'm', values: {} });
      assert.deepEqual(sent[2]?.body, { mode: 'run', reason: 'done', seen: since });
    });
  });

  it('that another operator has paused meanwhile is left as it is, and that is said', async () => {
    const message = 'found mode drain by bert since 11:00: why';
    const refused = () => ({ status: 409, body: { code: 'operations.changed-meanwhile', message } });
    await whileCalls(refused, async () => {
      await assert.rejects(pauseDeed(t, f, worker).run({ reason: 'why', key: 'k', values: {} }), {
        ...{ status: 409, message },
      });
    });
  });
});

describe('Work that waits', () => {
  it('is tried now by its app, with a reason where one is given', async () => {
    await whileCalls(good, async (sent) => {
      const deed = tryNowDeed(t, 'archiver', 'j/0/1');
      await deed.run({ reason: '', key: 'k', values: {} });
      await deed.run({ reason: 'why', key: 'l', values: {} });
      assert.deepEqual(
        sent.map(({ path, key, body }) => [path, key, body]),
        [
          ['operations/archiver/works/j%2F0%2F1/try-now', 'k', {}],
          ['operations/archiver/works/j%2F0%2F1/try-now', 'l', { reason: 'why' }],
        ],
      );
    });
  });
});
