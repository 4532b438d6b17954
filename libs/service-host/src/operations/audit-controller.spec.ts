import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { AuditTrail, OperatorActions } from '#operations';
import { memoryConnection } from '#operations/testing';
import { AuditController } from './audit.controller.js';

describe('The audit trail', () => {
  it('keeps that the console was entered by its emergency token, once for each key', async () => {
    const trail = new AuditTrail(memoryConnection(), new ManualClock(), 86_400_000);
    const actions = new OperatorActions(trail, createLogger('test', 'silent'), 120_000);
    const controller = new AuditController(trail, actions);
    const operator = {
      ...{ name: 'emergency', groups: [], via: 'console' as const, from: '192.0.2.7', key: 'key-12345' },
    };
    await controller.emergency(operator);
    await controller.emergency(operator);
    const { items } = await controller.list({ action: 'session.emergency' });
    assert.deepEqual(
      items.map(({ by, via, from, action, subject, outcome }) => [by, via, from, action, subject, outcome]),
      [['emergency', 'console', '192.0.2.7', 'session.emergency', 'session/emergency', 'done']],
    );
  });
});
