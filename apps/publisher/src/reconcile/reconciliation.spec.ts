import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { OperatorActions, AuditTrail } from '#operations';
import { memoryConnection } from '#operations/testing';
import { memoryCollection } from '#persistence/testing';
import type { PublicationTargets } from '../accept-publications/publication-targets.js';
import { PublicationsController } from '../operate/publications.controller.js';
import type { PublicationLists } from '../persistence/publication-lists.js';
import type { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication } from '../persistence/records.js';
import type { PublisherConfig } from '../publisher.config.js';
import type { PublicationRunner } from '../run-publications/publication-runner.js';
import type { Comparisons } from './comparisons.js';
import { Reconciliation } from './reconciliation.js';

const olga = { name: 'olga', groups: [], via: 'console' as const, from: '10.0.0.1' };
const begun = new Date('2026-11-29T12:00:00Z');
const earlier = new Date('2026-11-28T12:00:00Z');

/** A publisher with these publications, and with so many on the public pages that nobody knows. */
async function scene(rows: Readonly<Record<string, object>>, strange: number, dois = 2, hasAccount = true) {
  const publications = memoryCollection<Publication>();
  for (const [_id, more] of Object.entries(rows))
    await publications.insertOne({
      ...{ _id, wanted: 'published', version: 1, revision: 1, epoch: 0, outbox: { rows: [] } },
      ...{ doi: { state: 'findable', readBack: 'same', checkedAt: earlier } },
      ...{ pushed: { revision: 1, digest: 'd', at: earlier }, ...more },
    } as unknown as Publication);
  const comparisons = {
    cataloguePages: async function* () {
      yield await Promise.resolve([]);
    },
    publicRows: async function* () {
      for (const doi of Object.keys(rows)) yield await Promise.resolve({ doi, digest: 'd' });
      for (let n = 0; n < strange; n += 1) yield { doi: `strange/${n}`, digest: 'd' };
    },
    registered: () => Promise.resolve({ state: 'findable', digest: 'same' }),
  } as unknown as Comparisons;
  const [clock, logger] = [new ManualClock(begun), createLogger('reconciliation.spec', 'silent')];
  const reconcile = { dois, interval: 1000 };
  const config = { reconcile, ...(hasAccount ? { datacite: {} } : {}) } as unknown as PublisherConfig;
  const runner = { wake: () => undefined } as unknown as PublicationRunner;
  const store = { publications } as unknown as PublisherStore;
  const targets = {} as PublicationTargets;
  const reconciliation = new Reconciliation(store, comparisons, targets, runner, clock, config, logger);
  const actions = new OperatorActions(new AuditTrail(memoryConnection(), clock, 86_400_000), logger, 120_000);
  return new PublicationsController(
    {} as PublicationLists,
    targets,
    runner,
    reconciliation,
    actions,
    config,
  ).compare({}, olga);
}

describe('A comparison of all places', () => {
  const blocked = { blocked: { code: 'c', message: 'm', at: earlier, problems: [] } };
  const rows = {
    ...{ '10.1/a': {}, '10.1/b': {}, '10.1/c': {}, '10.1/blocked': blocked, '10.1/due': { dueAt: begun } },
    '10.1/new': { pushed: { revision: 1, digest: 'new', at: begun } },
  };

  it('says how much it has left out: what is blocked, under way or new, and DOIs beyond those of one run', async () => {
    const { checked, unknownCount } = await scene(rows, 0);
    assert.deepEqual(checked, { publications: 3, skipped: 3, dois: 2, doisLeft: 4 });
    assert.equal(unknownCount, 0);
    const without = await scene(rows, 0, 2, false);
    assert.deepEqual(without['checked'], { publications: 3, skipped: 3, dois: 0, doisLeft: 6 });
  });

  it('counts all that nobody knows, though it names a few', async () => {
    const { unknown, unknownCount } = await scene(rows, 250);
    assert.deepEqual([(unknown as string[]).length, unknownCount], [20, 250]);
  });
});
