import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { ModuleRef } from '@nestjs/core';
import { parcelFolder } from '#datablock';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { ObjectStore } from '#storage';
import type { CatalogApiConfig } from '../../apps/catalog-api/src/catalog-api.config.js';
import { LandingUploads } from '../../apps/catalog-api/src/landing-zone/landing-uploads.js';
import { LandingZoneSweep } from '../../apps/catalog-api/src/landing-zone/landing-zone-sweep.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { pathOf, rawDataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
interface Link {
  readonly path: string;
  readonly kind: string;
  readonly url: string;
  readonly parcel?: boolean;
  readonly uploadId: string;
  readonly totalParts: number;
  readonly parts: readonly { readonly partNumber: number; readonly url: string }[];
}

const gibibyte = 2 ** 30;
const bucket = `landing-${randomUUID().slice(0, 8)}`;
const day = 86_400_000;

/** What one person may ask of the landing zone, and that it takes what was announced. */
describe('The landing zone', () => {
  let app: ScicatApp;
  let pid: string;

  before(async () => {
    app = await ScicatApp.start({ LANDING_ZONE_BUCKET: bucket, LANDING_ZONE_UPLOADS_PER_PERSON: '3' });
    await app.get(ObjectStore).ensureBucket(bucket);
    const { body } = await app.as('admin').post('/api/v3/datasets', rawDataset({ ownerGroup: 'group1' }));
    pid = String(body['pid']);
  });
  after(async () => {
    const store = app.get(ObjectStore);
    for (const { key, uploadId } of await pending()) await store.abortUpload(bucket, key, uploadId);
    await app.stop();
  });

  const zone = (): string => `${pathOf(pid, 'v4')}/landing-zone`;
  const ask = (files: readonly Fields[], account: AccountName = 'user1') =>
    app.as(account).post<Link[]>(`${zone()}/links`, { files });
  const pending = async (): Promise<{ key: string; uploadId: string }[]> => {
    const found: { key: string; uploadId: string }[] = [];
    for await (const upload of app.get(ObjectStore).pendingUploads(bucket, '')) found.push(upload);
    return found;
  };
  const abort = (path: string, uploadId: string) =>
    app.as('user1').send('DELETE', `${zone()}/uploads`, JSON.stringify({ path, uploadId }));

  it('signs at most a thousand links in a request, and begins nothing when more are asked for', async () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ path: `f${index}`, size: 1024 * gibibyte }));
    for (const files of [
      many,
      many.slice(0, 2),
      many.slice(0, 21).map((file) => ({ ...file, partCount: 1 })),
    ]) {
      const { status, text } = await ask(files);
      assert.equal(status, 400, text.slice(0, 200));
      assert.match(text, /Expected at most (1000 links|20 uploads)/);
    }
    assert.deepEqual(await pending(), []);
    assert.equal(
      (
        await ask([
          { path: 'ok', size: 1024 * gibibyte },
          { path: '../no', size: 1 },
        ])
      ).status,
      400,
    );
    assert.deepEqual(await pending(), []);
    const small = Array.from({ length: 500 }, (_, index) => ({ path: `s${index}`, size: 1 }));
    assert.equal((await ask(small)).body.length, 500);
  });

  it('says of parcels, and of nothing else, that they will be read', async () => {
    const { body } = await ask([
      { path: `${parcelFolder}/x`, size: 10 },
      { path: `${parcelFolder}/full`, size: 16 * 2 ** 20 },
      { path: `${parcelFolder}/too large`, size: 16 * 2 ** 20 + 1 },
      { path: 'x', size: 10 },
      { path: `inside/${parcelFolder}/x`, size: 10 },
    ]);
    assert.deepEqual(
      body.map(({ parcel }) => parcel),
      [true, true, undefined, undefined, undefined],
    );
  });

  it('gives the parts of a large file by windows', async () => {
    const file = { path: 'large', size: 10 * gibibyte };
    const [first] = (await ask([{ ...file, partCount: 2 }])).body;
    assert.deepEqual([first!.totalParts, first!.parts.map(({ partNumber }) => partNumber)], [160, [1, 2]]);
    const { uploadId } = first!;
    const [next] = (await ask([{ ...file, uploadId, firstPart: 159, partCount: 100 }])).body;
    assert.deepEqual(
      next!.parts.map(({ partNumber }) => partNumber),
      [159, 160],
    );
    const [all] = (await ask([{ ...file, uploadId }])).body;
    assert.equal(all!.parts.length, 160);
    const [none] = (await ask([{ ...file, uploadId, firstPart: 200 }])).body;
    assert.deepEqual(none!.parts, []);
    assert.equal((await ask([{ ...file, size: 11 * gibibyte, uploadId }])).status, 404, 'not as announced');
    assert.equal((await abort('large', uploadId)).status, 200);
    assert.deepEqual(await pending(), []);
    assert.equal((await ask([{ ...file, uploadId }])).status, 404);
  });

  it('takes no other number of bytes than was announced, of a file', async () => {
    const [link] = (await ask([{ path: 'one', size: 1 }])).body;
    assert.equal((await fetch(link!.url, { method: 'PUT', body: 'xx' })).status, 403);
    assert.equal((await fetch(link!.url, { method: 'PUT', body: 'x' })).status, 200);
    const { body } = await app.as('user1').get(zone());
    assert.deepEqual(body, [{ path: 'one', size: 1 }]);
  });

  it('puts no file together of which a part is missing', async () => {
    const path = 'two parts';
    const [link] = (await ask([{ path, size: 64 * 2 ** 20 + 1 }])).body;
    const last = link!.parts.find(({ partNumber }) => partNumber === 2)!;
    assert.equal((await fetch(last.url, { method: 'PUT', body: 'xx' })).status, 403);
    const sent = await fetch(last.url, { method: 'PUT', body: 'x' });
    assert.equal(sent.status, 200);
    const parts = [{ partNumber: 2, etag: String(sent.headers.get('etag')) }];
    const { uploadId } = link!;
    const refused = await app.as('user1').post(`${zone()}/complete`, { path, uploadId, parts });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /67108865 bytes in all, as announced, found 1/);
    assert.equal((await abort(path, uploadId)).status, 200);
  });

  it('lets one person have a few uploads open, however many requests begin them at once', async () => {
    const wanted = Array.from({ length: 8 }, (_, index) => [{ path: `p${index}`, size: gibibyte }]);
    const answers = await Promise.all(wanted.map((files) => ask(files)));
    const begun = answers.filter(({ status }) => status === 200).map(({ body }) => body[0]!);
    const refused = answers.filter(({ status }) => status === 429);
    assert.deepEqual([begun.length, refused.length], [3, 5]);
    assert.match(refused[0]!.text, /3 uploads in parts are open/);
    assert.equal((await pending()).length, 3, 'nothing was begun for those who were refused');
    assert.equal((await ask([{ path: 'small', size: 1 }])).status, 200, 'small files need no place');
    const others = await ask([{ path: 'other', size: gibibyte }], 'admin');
    assert.equal(others.status, 200, 'places of others are theirs');
    assert.equal((await abort(begun[0]!.path, begun[0]!.uploadId)).status, 200);
    assert.equal((await ask([{ path: 'again', size: gibibyte }])).status, 200);
    assert.equal((await ask([{ path: 'once more', size: gibibyte }])).status, 429);
  });

  it('gives whoever asks again, because the answer was lost, the same upload and no further place', async () => {
    const files = [{ path: 'lost', size: gibibyte }];
    const [first, second] = [await ask(files, 'admin'), await ask(files, 'admin')];
    assert.deepEqual([first.status, second.status], [200, 200]);
    const [id] = first.body.map(({ uploadId }) => uploadId);
    assert.equal(second.body[0]?.uploadId, id);
    const other = await ask([{ path: 'lost', size: gibibyte + 1 }], 'admin');
    assert.notEqual(other.body[0]?.uploadId, id, 'another file under the name');
    // A store may throw an upload away by itself.
    const { key } = (await pending()).find(({ uploadId }) => uploadId === id)!;
    await app.get(ObjectStore).abortUpload(bucket, key, id!);
    const anew = await ask(files, 'admin');
    assert.equal(anew.status, 200, anew.text);
    assert.notEqual(anew.body[0]?.uploadId, id);
  });

  it('throws uploads away that nobody went on with, and no other', async () => {
    const store = app.get(ObjectStore);
    for (const { key, uploadId } of await pending()) await store.abortUpload(bucket, key, uploadId);
    await app.collection('catena_landing_uploads').deleteMany({});
    const begun = (
      await ask([
        { path: 'left', size: gibibyte },
        { path: 'used', size: gibibyte },
      ])
    ).body;
    const [left, used] = begun;
    const forgotten = await store.beginUpload(bucket, 'by an earlier version');
    const ingestors = await store.beginUpload(bucket, 'by an ingestor');
    const clock = new ManualClock(new Date(Date.now() + 8 * day));
    const config = {
      landingZone: { bucket, uploadLifetime: 7 * day, uploadsPerPerson: 3 },
      ingestor: { uploads: {} },
    } as unknown as CatalogApiConfig;
    const uploads = new LandingUploads(app.get(Catalogue), clock, config);
    const known = {
      has: (key: string, id: string) => Promise.resolve(key === 'by an ingestor' && id === ingestors),
    };
    const modules = { get: () => known } as unknown as ModuleRef;
    const logger = createLogger('test', 'silent');
    const sweep = new LandingZoneSweep(store, uploads, clock, modules, config, logger);
    const record = await app.collection('catena_landing_uploads').findOne({ uploadId: used!.uploadId });
    // Asked for again, meanwhile, by its owner.
    await uploads.touch(used!.uploadId, { key: String(record!['key']), size: gibibyte });
    await sweep.round();
    const kept = (await pending()).map(({ uploadId }) => uploadId);
    assert.deepEqual(new Set(kept), new Set([used!.uploadId, ingestors]));
    assert.ok(!kept.includes(forgotten) && !kept.includes(left!.uploadId));
    const gone = await ask([{ path: 'left', size: gibibyte, uploadId: left!.uploadId }]);
    assert.equal(gone.status, 404);
  });
});
