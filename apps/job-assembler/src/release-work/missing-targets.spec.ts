import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRoutesFile } from '#routes';
import type { Logger } from '#observability';
import type { AppHealth, PartHealth } from '#service-host';
import { memoryAssembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { orderOf } from '../testing/samples.js';
import { MissingTargets } from './missing-targets.js';

describe('A target that was taken out of ROUTES_FILE', () => {
  it('is told to operators while work or copies name it, and nothing fails of it', async () => {
    const { orders, places, leases, store } = memoryAssembler();
    const { routes } = parseRoutesFile(
      'targets: [{ name: disk, kind: share, options: { place: /disk } }]\nroutes: [{ name: r, targets: [disk] }]\n',
      'f',
      { limit: 8 },
    );
    const warned: unknown[] = [];
    const logger = { warn: (facts: unknown) => warned.push(facts) } as unknown as Logger;
    let look: () => Promise<PartHealth>;
    const health = { add: (_: string, report: typeof look) => (look = report) } as unknown as AppHealth;
    const missing = new MissingTargets(leases, orders, places, health, configOf({ routes }), logger);
    await missing.round();
    missing.onApplicationBootstrap();
    await missing.beforeApplicationShutdown();
    assert.deepEqual([await look!(), warned], [{ status: 'up' }, []]);
    await store.orders.insertMany([
      orderOf('j/0/0', { targets: ['disk', 'old-tape'] }),
      orderOf('j/0/1', { state: 'done', targets: ['ended'] }),
    ]);
    await places.keep('a.tar', 'p', ['older-tape', 'disk']);
    await missing.round();
    assert.deepEqual(await look!(), { status: 'targets-missing', targets: 'old-tape, older-tape' });
    assert.deepEqual(warned, [{ targets: ['old-tape', 'older-tape'] }]);
    assert.equal((await store.orders.findOne({ _id: 'j/0/0' }))?.state, 'planned');
  });
});
