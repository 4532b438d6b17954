import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { testKey } from '#certificates/testing';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { AuditTrail, OperatorActions, operatorFrom } from '#operations';
import { memoryConnection } from '#operations/testing';
import { ruleOf } from '#service-host';
import type { Catalogue } from '../persistence/catalogue.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { KeyOperationsController } from './key-operations.controller.js';
import { KnownKeys } from './known-keys.js';

describe('Operators, of keys of certificates,', () => {
  const key = testKey();
  const clock = new ManualClock(new Date('2026-01-02T00:00:00Z'));
  const nobody = operatorFrom({ headers: {} });
  let catalogue: Catalogue;
  let controller: KeyOperationsController;
  beforeEach(async () => {
    catalogue = memoryCatalogue();
    const keys = new KnownKeys(catalogue);
    const trail = new AuditTrail(memoryConnection(), clock, 86_400_000);
    const actions = new OperatorActions(trail, createLogger('spec', 'silent'), 120_000);
    controller = new KeyOperationsController(keys, actions, clock);
    await keys.add({ kid: key.kid, x: key.x, validFrom: new Date('2026-01-01T00:00:00Z') });
  });
  const stored = async () => (await catalogue.certificateKeys.findOne({ _id: key.kid }))?.revoked;

  it('revoke one, and who has done so, and why, is kept with it', async () => {
    const answer = await controller.revoke(key.kid, { by: ' ada ', reason: 'a stolen disk' }, nobody);
    assert.deepEqual([answer.kid, answer.revokedAt], [key.kid, '2026-01-02T00:00:00.000Z']);
    assert.deepEqual(await stored(), { at: clock.now(), by: 'ada', reason: 'a stolen disk' });
  });

  it('say who they are, why, and which one', async () => {
    for (const body of [
      undefined,
      {},
      { by: 'ada' },
      { reason: 'x' },
      { by: ' ', reason: 'x' },
      { by: 1, reason: 'x' },
    ])
      await assert.rejects(controller.revoke(key.kid, body, nobody), { status: 400 }, JSON.stringify(body));
    await assert.rejects(controller.revoke('none', { by: 'ada', reason: 'x' }, nobody), { status: 404 });
    assert.equal(await stored(), undefined);
  });

  it('need the operations token', () => {
    const { revoke } = KeyOperationsController.prototype;
    assert.equal(ruleOf(revoke, KeyOperationsController)?.kind, 'operators');
  });
});
