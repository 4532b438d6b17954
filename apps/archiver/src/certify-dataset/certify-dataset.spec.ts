import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { certificateIn, checkCertificate, publishedKey, type SigningKey } from '#certificates';
import { testKey } from '#certificates/testing';
import { ClaimChecks } from '#claim-check';
import type { CertificateDeclinedV1, DatasetCertifiedV1, ObjectReference } from '#contracts';
import { ManualClock, newId, TransientError } from '#kernel';
import { createLogger } from '#observability';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { CopyRecords } from '../persistence/copy-records.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { CertifiedDatablocks } from './certified-datablocks.js';
import { CertifyDatasetHandler } from './certify-dataset.handler.js';

const pid = '20.500/1';

describe('A certificate of a dataset', () => {
  const logger = createLogger('spec', 'silent');
  const clock = new ManualClock(new Date('2026-01-02T00:00:00Z'));
  const key = testKey();
  let store: ArchiverStore;
  let objects: MemoryObjectStore;
  let datablocks: Datablocks;
  let listed: string[];
  /** What happens while the catalogue is asked. */
  let meanwhile: () => Promise<unknown>;

  beforeEach(async () => {
    [store, objects, listed] = [memoryArchiverStore(), new MemoryObjectStore(), []];
    meanwhile = () => Promise.resolve();
    await objects.ensureBucket('control');
    datablocks = new Datablocks(store);
  });

  function handlerWith(signing: SigningKey | undefined = key): CertifyDatasetHandler {
    const catalogue = {
      async *listedOf() {
        await meanwhile();
        yield* listed;
      },
    } as unknown as CatalogueWord;
    const claims = new ClaimChecks(objects, clock, { bucket: 'control', patience: 0 });
    const config = { certificates: { key: signing, issuer: 'The facility' } } as ArchiverConfig;
    return new CertifyDatasetHandler(
      new CertifiedDatablocks(datablocks, catalogue),
      claims,
      clock,
      config,
      logger,
    );
  }
  const archived = async (_id: string, more: object = {}): Promise<void> => {
    await store.datablocks.insertOne({
      ...{
        _id,
        pid,
        jobId: 'j',
        filesSha256: 'f',
        fileCount: 2,
        size: 10,
        packedSize: 1024,
        state: 'verified',
      },
      sha256: 'a'.repeat(64),
      manifest: { bucket: 'control', key: 'm', size: 1, sha256: 'b'.repeat(64) },
      copies: ['tape', 'disk'].map((share) => ({ share, verifiedAt: new Date('2026-01-01T00:00:00Z') })),
      ...more,
    });
    listed.push(_id);
  };
  const order = { workOrderId: 'j/0/0/certify', jobId: 'j', pid };
  const certify = async (epoch = 1, handler = handlerWith()) =>
    (await handler.handle(order, { epoch, signal: new AbortController().signal, progress: () => undefined }))
      .envelope!;
  const declined = async (): Promise<CertificateDeclinedV1> => {
    const { type, data } = await certify();
    assert.equal(type, 'archival.certificate-declined.v1');
    return data as CertificateDeclinedV1;
  };
  const keptAs = async ({ bucket, key: name }: ObjectReference): Promise<unknown> => {
    const chunks: Buffer[] = [];
    for await (const chunk of await objects.get(bucket, name)) chunks.push(chunk as Buffer);
    return certificateIn(Buffer.concat(chunks).toString());
  };
  const certificateOf = async (data: object) => {
    const signed = await keptAs((data as DatasetCertifiedV1).certificate);
    const checked = checkCertificate(signed, [publishedKey(key.x)]);
    if (!checked.valid) assert.fail(checked.reason);
    return checked.certificate;
  };

  it('says what the record says, in the order of archive ids, and when each copy was read', async () => {
    for (const name of ['b', 'a']) await archived(name);
    const { type, data } = await certify();
    assert.equal(type, 'archival.dataset-certified.v1');
    assert.equal((data as DatasetCertifiedV1).kid, key.kid);
    const certificate = await certificateOf(data);
    const copies = ['tape', 'disk'].map((target) => ({ target, verifiedAt: '2026-01-01T00:00:00.000Z' }));
    const one = {
      bytes: 10,
      packedSize: 1024,
      fileCount: 2,
      sha256: 'a'.repeat(64),
      manifestSha256: 'b'.repeat(64),
      copies,
    };
    assert.deepEqual(certificate, {
      ...{ version: 1, issuer: 'The facility', issuedAt: '2026-01-02T00:00:00.000Z', pid },
      datablocks: [
        { archiveId: 'a', ...one },
        { archiveId: 'b', ...one },
      ],
      totals: { datablocks: 2, files: 4, bytes: 20, packedSize: 2048, copies: 2 },
    });
  });

  it('counts the fewest copies that a datablock has', async () => {
    await archived('a');
    await archived('b', { copies: [{ share: 'tape', verifiedAt: clock.now() }] });
    assert.equal((await certificateOf((await certify()).data)).totals.copies, 1);
  });

  it('is not issued for what is damaged, discarded, without copies, another dataset’s or unknown, and the reason names it', async () => {
    const damaged = { share: 'disk', verifiedAt: clock.now(), damaged: { at: clock.now(), found: 'bits' } };
    for (const [more, found] of [
      [{ copies: [{ share: 'tape', verifiedAt: clock.now() }, damaged] }, /found damaged: disk\./],
      [{ state: 'discarded' }, /found it discarded/],
      [{ copies: [] }, /found no copy of it/],
      [{ pid: 'another' }, /found that it is one of another dataset/],
    ] as const) {
      await store.datablocks.deleteMany({});
      listed = [];
      const name = newId();
      await archived('good');
      await archived(name, more);
      const { code, message } = await declined();
      assert.equal(code, 'archiver.not-certifiable');
      assert.match(message, found);
      assert.ok(message.includes(name), message);
    }
    listed = ['never archived'];
    assert.match((await declined()).message, /found that this archiver has not archived it/);
  });

  it('names no folder of the facility: a copy without a name of its own has a number, in a reason, too', async () => {
    const verifiedAt = clock.now();
    const shares = ['/mnt/tape', 'vault', 'tape-simulation:/data/tapes?drives=2'];
    await archived('a', { copies: shares.map((share) => ({ share, verifiedAt })) });
    const { datablocks: certified } = await certificateOf((await certify()).data);
    assert.deepEqual(
      certified[0]?.copies.map(({ target }) => target),
      ['copy 1', 'vault', 'copy 3'],
    );
    const damaged = { share: '/mnt/tape', verifiedAt, damaged: { at: verifiedAt, found: 'bits' } };
    await archived('b', { copies: [damaged] });
    assert.match((await declined()).message, /found damaged: copy 1\./);
  });

  it('holds 10,000 datablocks, and no more', async () => {
    await archived('a');
    const known = (await store.datablocks.findOne({ _id: 'a' }))!;
    datablocks = { found: (_id: string) => Promise.resolve({ ...known, _id }) } as unknown as Datablocks;
    listed = Array.from({ length: 10_000 }, (_, index) => String(index));
    assert.equal((await certificateOf((await certify()).data)).totals.datablocks, 10_000);
    listed.push('one more');
    assert.equal((await declined()).code, 'archiver.too-many-to-certify');
  });

  it('is not issued where the catalogue lists nothing any more', async () => {
    await archived('a');
    listed = [];
    assert.equal((await declined()).code, 'archiver.nothing-to-certify');
  });

  it('is not issued for what another writer discards, or finds damaged, between the order and the look', async () => {
    await archived('a');
    meanwhile = () => datablocks.discard({ _id: 'a', pid, jobId: 'j' }, clock.now());
    assert.match((await declined()).message, /found it discarded/);
    await archived('b');
    listed = ['b'];
    const records = new CopyRecords(datablocks, clock, {} as ArchiverConfig, logger);
    meanwhile = async () =>
      records.damaged('b', (await store.datablocks.findOne({ _id: 'b' }))!.copies[1]!, 'bits');
    assert.match((await declined()).message, /found damaged: disk\./);
  });

  it('waits for a catalogue that does not answer, and costs the order nothing', async () => {
    meanwhile = () => Promise.reject(new TransientError('catalog.api-away', 'away'));
    await assert.rejects(certify(), { code: 'catalog.api-away', retriable: true });
  });

  it('of a second try leaves that of the first as it was reported', async () => {
    await archived('a');
    const first = (await certify(1)).data as DatasetCertifiedV1;
    const before = await keptAs(first.certificate);
    const second = (await certify(2)).data as DatasetCertifiedV1;
    assert.notEqual(first.certificate.key, second.certificate.key);
    assert.deepEqual(await keptAs(first.certificate), before);
  });

  it('is declined by an archiver that was started without the key', async () => {
    await archived('a');
    const handler = handlerWith();
    Object.assign((handler as unknown as { config: object }).config, { certificates: { issuer: 'x' } });
    const { data } = await certify(1, handler);
    assert.equal((data as CertificateDeclinedV1).code, 'archiver.certificate-key-missing');
  });

  it('is not begun when the worker has to stop', async () => {
    await archived('a');
    const stopped = AbortSignal.abort(new Error('stop'));
    await assert.rejects(
      handlerWith().handle(order, { epoch: 1, signal: stopped, progress: () => undefined }),
      /stop/,
    );
  });
});
