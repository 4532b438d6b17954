import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Naming, type BrokerAccounts } from '#messaging';
import { MemoryTransport } from '#messaging/testing';
import type { Logger } from '#observability';
import type { OutboxRelay, ParkingLot } from '#outbox';
import type { MongoConnection } from '#persistence';
import { ServiceHostLifecycle } from './service-host.lifecycle.js';
import type { ServiceHostOptions } from './service-host.options.js';

const relay = { start: () => Promise.resolve() } as unknown as OutboxRelay;
const parkingLot = { start: () => Promise.resolve() } as unknown as ParkingLot;
const mongo = { whenReady: () => Promise.resolve() } as unknown as MongoConnection;

/** Starts the host of an archiver; gives back the warnings it wrote. */
async function started(brokerAccounts: BrokerAccounts, account: string): Promise<string[]> {
  const warnings: string[] = [];
  const logger = { warn: (_: object, text: string) => warnings.push(text) } as unknown as Logger;
  const options = { app: 'archiver', retryDelays: [1000], brokerAccounts } as unknown as ServiceHostOptions;
  const transport = new MemoryTransport(account);
  await new ServiceHostLifecycle(
    ...([options, mongo, transport, new Naming('catena'), relay, parkingLot, logger] as const),
  ).onApplicationBootstrap();
  return warnings;
}

describe('The account of an app at the broker', () => {
  it('has to be its own where each app has one', async () => {
    assert.deepEqual(await started('per-app', 'catena.archiver'), []);
    for (const account of ['guest', 'catena.catalog-api', 'other.archiver'])
      await assert.rejects(started('per-app', account), {
        code: 'messaging.wrong-account',
        message: new RegExp(`catena\\.archiver.*found ${account.replace('.', '\\.')}`),
      });
  });

  it('may be shared, but never without a word', async () => {
    const warnings = await started('shared', 'catena');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /BROKER_ACCOUNTS is shared/);
  });
});
