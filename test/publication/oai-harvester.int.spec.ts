import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ForeignHarvester } from './support/foreign-harvester.js';
import { OaiClient, harvestedIn } from './support/oai-client.js';
import { recordOf, withdrawnOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const count = 10_000;
const doiOf = (index: number): string => `10.5072/n${String(index).padStart(5, '0')}`;

/** What a harvester keeps of a repository: the latest of every identifier. */
class Copy {
  private readonly records = new Map<string, string>();
  private from: string | undefined;
  pages = 0;

  constructor(private readonly oai: OaiClient) {}

  /** A full harvest the first time, then what changed since the first answer of the one before. */
  async harvest(meanwhile: (page: number) => Promise<void> = () => Promise.resolve()): Promise<number> {
    const given = { verb: 'ListRecords', metadataPrefix: 'oai_dc', ...(this.from && { from: this.from }) };
    let [asked, found]: [string | undefined, number] = [undefined, 0];
    for await (const page of this.oai.pages(given)) {
      asked ??= page.root.children[0]?.text;
      if (page.errors.length > 0) assert.deepEqual(page.errors, ['noRecordsMatch']);
      else
        for (const { identifier, datestamp, deleted } of harvestedIn(page)) {
          this.records.set(identifier, `${datestamp} ${deleted}`);
          found += 1;
        }
      await meanwhile((this.pages += 1));
    }
    this.from = asked;
    return found;
  }

  assertSameAs(wanted: ReadonlyMap<string, string>): void {
    assert.equal(this.records.size, wanted.size);
    for (const [identifier, state] of wanted) assert.equal(this.records.get(identifier), state, identifier);
  }
}

describe('A harvester of ten thousand records', () => {
  let site: PublicSite;

  before(async () => {
    site = await PublicSite.start({ OAI_PAGE_SIZE: '500' });
    const whole = new Date('2026-01-01T00:00:00Z').getTime();
    await site.put(recordOf(doiOf(0)), new Date(whole));
    const model = await site.store.records.findOne({ _id: doiOf(0) });
    assert.ok(model !== null);
    for (let first = 1; first < count; first += 1000)
      await site.store.records.insertMany(
        Array.from({ length: Math.min(1000, count - first) }, (_, index) => ({
          ...model,
          _id: doiOf(first + index),
          // As a bulk import would: many within one second.
          datestamp: new Date(whole + Math.floor((first + index) / 700) * 1000),
        })),
      );
  });
  after(() => site.stop());

  /** Identifier to datestamp and state of everything in the store. */
  async function inStore(): Promise<Map<string, string>> {
    const rows = await site.store.records.find({}, { projection: { datestamp: 1, state: 1 } }).toArray();
    return new Map(
      rows.map(({ _id, datestamp, state }) => [
        `oai:data.example.org:${_id}`,
        `${datestamp.toISOString().slice(0, 19)}Z ${state === 'withdrawn'}`,
      ]),
    );
  }

  let changes = 0;
  /** One record changed, one withdrawn, one new. The ingest dates a change when it is durable, in the clock of the provider. */
  async function change(): Promise<void> {
    const base = (changes * 37) % count;
    changes += 1;
    await site.put({ ...recordOf(doiOf(base)), revision: 1 + changes }, new Date());
    await site.put(withdrawnOf(recordOf(doiOf((base + 5000) % count))), new Date());
    await site.put(recordOf(doiOf(count + changes)), new Date());
  }

  it('D8: ends with what is in the store, though records change all the time', async () => {
    const copy = new Copy(new OaiClient(site));
    const first = await copy.harvest(change);
    assert.ok(first >= count, `${first} records`);
    await change();
    const second = await copy.harvest(change);
    assert.ok(second >= 3 && second < 200, `${second} records`);
    await copy.harvest();
    const wanted = await inStore();
    assert.ok(wanted.size > count);
    copy.assertSameAs(wanted);
  });

  describe('that others wrote (oai_pmh of Debian)', () => {
    let harvester: ForeignHarvester;
    before(async () => {
      harvester = await ForeignHarvester.create();
    });
    after(() => harvester.close());

    /** Changes records until the work is done. */
    async function whileChanging<Result>(work: Promise<Result>): Promise<Result> {
      const stop = new AbortController();
      const changing = (async () => {
        for (; !stop.signal.aborted; await sleep(100)) await change();
      })();
      try {
        return await work;
      } finally {
        stop.abort();
        await changing;
      }
    }

    it('ends with what is in the store, though records change all the time', async () => {
      const kept = new Map<string, string>();
      const harvest = async (from?: string): Promise<number> => {
        const found = await harvester.harvest(`${site.url}/oai`, 'ListRecords', {
          metadataPrefix: 'oai_dc',
          ...(from === undefined ? {} : { from }),
        });
        for (const { identifier, datestamp, deleted, metadata } of found) {
          kept.set(identifier, `${datestamp} ${deleted}`);
          assert.equal(metadata.includes('<dc:title>'), !deleted, metadata);
        }
        return found.length;
      };
      const second = (): string => `${new Date().toISOString().slice(0, 19)}Z`;
      const began = second();
      const before = changes;
      assert.ok((await whileChanging(harvest())) >= count);
      assert.ok(changes > before + 3, 'records changed meanwhile');
      const again = second();
      const some = await whileChanging(harvest(began));
      assert.ok(some >= 3 && some < count / 2, `${some} records`);
      await harvest(again);
      const wanted = await inStore();
      assert.equal(kept.size, wanted.size);
      for (const [identifier, state] of wanted) assert.equal(kept.get(identifier), state, identifier);
    });

    it('gets one record by the identifier of a list', async () => {
      const [first] = await harvester.harvest(`${site.url}/oai`, 'ListIdentifiers', {
        metadataPrefix: 'oai_datacite',
        until: '2026-01-01T00:00:00Z',
      });
      const [found] = await harvester.harvest(`${site.url}/oai`, 'GetRecord', {
        metadataPrefix: 'oai_datacite',
        identifier: first!.identifier,
      });
      assert.equal(found?.identifier, first!.identifier);
    });
  });
});
