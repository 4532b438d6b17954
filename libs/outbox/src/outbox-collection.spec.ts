import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { memoryCollection } from '#persistence/testing';
import { OutboxCollection } from './outbox-collection.js';
import { legacyRow, type OutboxPart, type OutboxRow } from './outbox-row.js';

interface Document {
  _id: string;
  state: string;
  history?: string[];
  outbox: OutboxPart;
}

describe('A collection of documents with an outbox', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const row = (): OutboxRow => legacyRow({ exchange: 'x', key: 'k', body: '{}' }, now);
  let documents: ReturnType<typeof memoryCollection<Document>>;
  let collection: OutboxCollection;
  let woken: number;

  beforeEach(async () => {
    documents = memoryCollection<Document>();
    woken = 0;
    collection = new OutboxCollection(documents, { wake: () => (woken += 1) });
    await documents.insertOne({ _id: 'a', state: 'open', history: ['made'], outbox: { rows: [] } });
  });
  const found = async (): Promise<Document> => (await documents.findOne({ _id: 'a' }))!;

  it('changes a document and appends the message about it, due at once, and wakes the relay', async () => {
    const message = row();
    const change = { $set: { state: 'over' }, $push: { history: 'ended' } };
    assert.equal(await collection.change({ _id: 'a', state: 'open' }, change, [message]), true);
    assert.deepEqual(await found(), {
      ...{ _id: 'a', state: 'over', history: ['made', 'ended'] },
      outbox: { rows: [message], dueAt: now },
    });
    assert.equal(woken, 1);
  });

  it('sends nothing about a change that did not happen', async () => {
    assert.equal(
      await collection.change({ _id: 'a', state: 'over' }, { $set: { state: 'x' } }, [row()]),
      false,
    );
    assert.deepEqual((await found()).outbox, { rows: [] });
  });

  it('leaves outbox and relay alone when there is nothing to say', async () => {
    assert.equal(await collection.change({ _id: 'a' }, { $set: { state: 'over' } }), true);
    assert.deepEqual([(await found()).outbox, woken], [{ rows: [] }, 0]);
  });

  it('answers with the document after the change, or with nothing', async () => {
    const change = { $set: { state: 'over' } };
    const changed = await collection.changeAndRead<Document>({ _id: 'a' }, change, [row()], { state: 1 });
    assert.deepEqual(changed, { _id: 'a', state: 'over' });
    assert.equal(await collection.changeAndRead({ _id: 'b' }, change, [row()]), undefined);
  });

  it('changes many documents, each with messages of its own, and leaves those that are not as expected', async () => {
    await documents.insertOne({ _id: 'b', state: 'over', outbox: { rows: [] } });
    await collection.changeEach(
      ['a', 'b'].map((_id) => ({
        filter: { _id, state: 'open' },
        change: { $set: { state: 'stopped' } },
        rows: [row()],
      })),
    );
    const all = await documents.find({}).sort({ _id: 1 }).toArray();
    assert.deepEqual(
      all.map(({ state, outbox }) => [state, outbox.rows.length]),
      [
        ['stopped', 1],
        ['over', 0],
      ],
    );
    assert.equal(woken, 1);
  });

  it('puts a new document with its message where there is none, and leaves one alone that is there', async () => {
    const message = row();
    for (const _id of ['a', 'b'])
      await collection.insertUnlessThere({ _id, state: 'x' } as Document, [message]);
    assert.deepEqual((await found()).outbox, { rows: [] });
    const put = await documents.findOne({ _id: 'b' });
    assert.deepEqual(put, { _id: 'b', state: 'x', outbox: { rows: [message], dueAt: now } });
  });

  it('writes below the path that it was told', async () => {
    const inside = new OutboxCollection(documents, { wake: () => undefined }, 'catena.outbox');
    await inside.change({ _id: 'a' }, {}, [row()]);
    const { catena } = (await found()) as unknown as { catena: { outbox: OutboxPart } };
    assert.equal(catena.outbox.rows.length, 1);
  });
});
