import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { testKey } from '#certificates/testing';
import { ManualClock } from '#kernel';
import type { Logger } from '#observability';
import type { OutboxRelay } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { CertificateKeys } from '../persistence/certificate-keys.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { KeyAnnouncement } from './key-announcement.js';

describe('The key of certificates', () => {
  const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  let store: ArchiverStore;
  let warnings: string[];
  beforeEach(() => void ([store, warnings] = [memoryArchiverStore(), []]));

  const startedWith = (key: ReturnType<typeof testKey> | undefined): KeyAnnouncement => {
    const keys = new CertificateKeys(store, { wake: () => undefined } as unknown as OutboxRelay);
    const logger = { warn: (_: object, text: string) => warnings.push(text) } as unknown as Logger;
    const config = { certificates: { key, issuer: 'x' } } as ArchiverConfig;
    return new KeyAnnouncement(store, keys, clock, config, logger);
  };
  const startWith = (key: ReturnType<typeof testKey> | undefined): Promise<void> => startedWith(key).round();
  const sendAll = async (): Promise<void> =>
    void (await store.certificateKeys.updateMany({}, { $set: { outbox: { rows: [] } } }));
  const announced = async () =>
    (await store.certificateKeys.find({}).toArray()).flatMap(({ outbox }) =>
      outbox.rows.map(({ envelope }) => envelope!.data),
    );

  it('is announced once while nobody has heard it, however many archivers start with it, and however often', async () => {
    const key = testKey();
    for (let start = 0; start < 3; start += 1) await startWith(key);
    const { kid, x } = key;
    assert.deepEqual(await announced(), [{ kid, x, validFrom: '2026-01-01T00:00:00.000Z' }]);
    assert.deepEqual(warnings, []);
  });

  it('is announced again at the next start, with the time of the first announcement, and once', async () => {
    const key = testKey();
    await startWith(key);
    await sendAll();
    clock.advance(1000);
    const next = startedWith(key);
    await next.round();
    const { kid, x } = key;
    const validFrom = (await store.certificateKeys.findOne({ _id: kid }))!.announcedAt.toISOString();
    assert.deepEqual(await announced(), [{ kid, x, validFrom }]);
    await sendAll();
    await next.round();
    assert.deepEqual(await announced(), []);
  });

  it('is announced when another one took its place, and who still has the old one is told', async () => {
    const [old, next] = [testKey(), testKey()];
    await startWith(old);
    clock.advance(1000);
    await startWith(next);
    assert.equal((await announced()).length, 2);
    assert.deepEqual(warnings, []);
    await startWith(old);
    assert.equal((await announced()).length, 2);
    assert.match(warnings.join(), /signed with a key that another one has replaced/);
  });

  it('is not announced where there is none', async () => {
    await startWith(undefined);
    assert.deepEqual(await announced(), []);
  });
});
