import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId, SystemClock } from '#kernel';
import { createLogger } from '#observability';
import type { OutboxRelay } from '#outbox';
import { MongoConnection } from '#persistence';
import type { PublicRecord } from '#publication-feed';
import { PublicationTargets } from '../accept-publications/publication-targets.js';
import type { CatalogClient, CatalogSnapshot } from '../catalog/catalog-client.js';
import { nextStep } from '../domain/next-step.js';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication, Wanted } from '../persistence/records.js';
import type { PublisherConfig } from '../publisher.config.js';
import type { DoiRegistration } from '../registry/doi-registration.js';
import { ContentFreezer } from './content-freezer.js';
import { LeasedPublications } from '../persistence/leased-publications.js';
import { LeaseLost } from '../persistence/lease.js';

/** A wish that arrives while the catalogue is read: the message is acknowledged, nobody will send it again. */
describe('Freezing content', () => {
  const logger = createLogger('content-freezer.int.spec', 'silent');
  const relay = { wake: () => undefined } as unknown as OutboxRelay;
  const config = { publicUrl: 'https://data.example.org', datacite: undefined } as PublisherConfig;
  const clock = new SystemClock();
  let mongo: MongoConnection;
  let store: PublisherStore;
  let wishes: PublicationTargets;
  let held: LeasedPublications;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/freezer-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new PublisherStore(mongo, logger);
    await store.whenReady();
    wishes = new PublicationTargets(store, clock);
    held = new LeasedPublications(store, relay);
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  const snapshotOf = (doi: string, version: number, wanted: Wanted): CatalogSnapshot => ({
    ...{ doi, version, wanted, datasets: [], datasetPids: [], pictures: [] },
    resource: {
      doi,
      creators: [{ name: 'Lovelace, Ada' }],
      titles: [{ title: 'T' }],
      publisher: { name: 'P' },
      publicationYear: 2026,
      types: { resourceTypeGeneral: 'Dataset' },
    },
  });
  /** Reads once, while the wish for version 3 arrives. */
  const readWhile = async (snapshot: CatalogSnapshot): Promise<unknown> => {
    const { doi } = snapshot;
    const catalog = {
      snapshot: async () => {
        await wishes.note(doi, 3, 'published');
        return snapshot;
      },
    } as unknown as CatalogClient;
    const freezer = new ContentFreezer(catalog, store, held, {} as DoiRegistration, clock, config);
    await wishes.note(doi, 1, 'draft');
    const read = (await store.publications.findOne({ _id: doi })) ?? assert.fail();
    await freezer.read(read, { doi, epoch: 0, signal: new AbortController().signal });
    const { version, wanted, ...rest } = (await store.publications.findOne({ _id: doi })) ?? assert.fail();
    return [version, wanted, nextStep({ version, wanted, ...rest }, true)];
  };

  it('reads again for a wish that came meanwhile', async () => {
    const found = await readWhile(snapshotOf('10.5072/frozen', 1, 'draft'));
    assert.deepEqual(found, [3, 'published', 'read'], 'not the draft, which has no files');
  });

  it('keeps a wish that is newer than what the catalogue said', async () => {
    const found = await readWhile(snapshotOf('10.5072/adopted', 2, 'withdrawn'));
    assert.deepEqual(found, [3, 'published', 'read']);
  });

  it('lets go of nothing that is wanted by now', async () => {
    const gone = { ...snapshotOf('10.5072/gone', 1, 'draft'), wanted: 'nothing' as const };
    assert.deepEqual(await readWhile(gone), [3, 'published', 'read']);
  });

  it('does not write over what a newer worker has frozen', async () => {
    const doi = '10.5072/fenced';
    const freezer = (title: string, meanwhile?: () => Promise<void>) => {
      const catalog = {
        snapshot: async () => {
          const { resource, ...rest } = snapshotOf(doi, 1, 'draft');
          await meanwhile?.();
          return { ...rest, resource: { ...resource, titles: [{ title }] } };
        },
      } as unknown as CatalogClient;
      return new ContentFreezer(catalog, store, held, {} as DoiRegistration, clock, config);
    };
    const leaseOf = (epoch: number) => ({ doi, epoch, signal: new AbortController().signal });
    const read = async () => (await store.publications.findOne({ _id: doi })) ?? assert.fail();
    const content = async () => {
      const found = (await store.contents.findOne({ _id: doi })) ?? assert.fail();
      return [found.record.resource.titles[0]?.title, found.revision];
    };
    await wishes.note(doi, 1, 'draft');
    // The older one sleeps while it reads the catalogue; it has been taken for dead.
    const late = freezer('old', async () => {
      await store.publications.updateOne({ _id: doi }, { $set: { epoch: 2 } });
      await freezer('new').read(await read(), leaseOf(2));
    });
    await assert.rejects(late.read(await read(), leaseOf(1)), LeaseLost);
    assert.deepEqual(await content(), ['new', 1]);
    assert.equal((await read()).revision, 1);
    await store.publications.updateOne({ _id: doi }, { $set: { epoch: 3 } });
    await freezer('newer').read(await read(), leaseOf(3));
    assert.deepEqual(await content(), ['newer', 2]);
    // Content of a program that knew no tokens.
    await store.contents.updateOne({ _id: doi }, { $unset: { epoch: '' } });
    await freezer('newest').read(await read(), leaseOf(3));
    assert.deepEqual(await content(), ['newest', 3]);
  });

  it('leaves no content behind that a publication of the same DOI could not replace', async () => {
    const doi = '10.5072/again';
    await wishes.note(doi, 1, 'draft');
    await store.publications.updateOne({ _id: doi }, { $set: { epoch: 7 } });
    const content = { key: doi, revision: 1, version: 1, epoch: 7, record: {} as PublicRecord };
    await store.contents.insertOne({ _id: doi, ...content });
    // A wish came meanwhile: it goes on with that, and reads again.
    await held.forget({ doi, epoch: 7, signal: new AbortController().signal }, 0);
    assert.equal(await store.contents.countDocuments({ _id: doi }), 0);
    // One that has lost its lease takes nothing away.
    await store.contents.insertOne({ _id: doi, ...content });
    await held.forget({ doi, epoch: 6, signal: new AbortController().signal }, 1);
    assert.equal(await store.contents.countDocuments({ _id: doi }), 1);
  });

  it('removes a draft that DataCite was asked for and never confirmed', async () => {
    const doi = '10.5072/uncertain';
    const removed: string[] = [];
    const registration = {
      removeDraft: async (name: string) => void removed.push(name),
    } as unknown as DoiRegistration;
    const catalog = { snapshot: async () => undefined } as unknown as CatalogClient;
    const freezer = new ContentFreezer(catalog, store, held, registration, clock, config);
    const letGo = async (state: Publication['doi']): Promise<void> => {
      await wishes.note(doi, 1, 'draft');
      await store.publications.updateOne({ _id: doi }, { $set: { doi: state } });
      const found = (await store.publications.findOne({ _id: doi })) ?? assert.fail();
      await freezer.read(found, { doi, epoch: 0, signal: new AbortController().signal });
      assert.equal(await store.publications.findOne({ _id: doi }), null);
    };
    await letGo({ state: 'none' });
    assert.deepEqual(removed, [], 'DataCite was never asked');
    await letGo({ state: 'none', uncertain: true });
    assert.deepEqual(removed, [doi]);
  });

  /** A published record whose public copy is lost while it is amended. */
  const restored = async (doi: string, now: readonly string[]): Promise<unknown> => {
    let paths = ['a', 'b'];
    const catalog = {
      snapshot: async () => snapshotOf(doi, 1, 'published'),
      files: async function* () {
        for (const path of paths) yield { path, size: 1, datasetPid: 'x' };
      },
    } as unknown as CatalogClient;
    const freezer = new ContentFreezer(catalog, store, held, {} as DoiRegistration, clock, config);
    const lease = { doi, epoch: 0, signal: new AbortController().signal };
    const read = async () => (await store.publications.findOne({ _id: doi })) ?? assert.fail();
    await wishes.note(doi, 1, 'published');
    await freezer.read(await read(), lease);
    await store.listParts.deleteMany({ doi });
    await wishes.note(doi, 2, 'unchanged');
    const pushed = { revision: 1, digest: '', at: new Date(), lost: true };
    await wishes.again(doi, { stale: true, pushed });
    paths = [...now];
    await freezer.readFiles(await read(), lease);
    return [nextStep(await read(), false), await store.listParts.countDocuments({ doi })];
  };

  it('makes the parts of a list again that the public store has lost', async () =>
    assert.deepEqual(await restored('10.5072/amended', ['a', 'b']), ['push', 1]));

  it('does not show other files under what was published', async () => {
    await assert.rejects(restored('10.5072/other', ['a', 'c']), { code: 'publication.content-changed' });
    assert.equal(await store.listParts.countDocuments({ doi: '10.5072/other' }), 0);
  });
});
