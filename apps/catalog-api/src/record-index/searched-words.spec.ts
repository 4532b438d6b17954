import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { Catalogue } from '../persistence/catalogue.js';
import type { BitSet } from './bit-set.js';
import { RecordTable } from './record-table.js';
import { SearchedWords, withoutWords } from './searched-words.js';
import { selectedBy } from './selection.js';

type Fields = Readonly<Record<string, unknown>>;
interface Asked {
  readonly _id?: { readonly $in: readonly string[] };
  readonly $text: { readonly $search: string };
}

/** BSON of a row that has a text as its id, and nothing else: what the driver gives as `raw`. */
function rowOf(id: string): Uint8Array {
  const text = Buffer.from(`${id}\0`);
  const [all, long] = [Buffer.alloc(4), Buffer.alloc(4)];
  all.writeInt32LE(text.length + 14);
  long.writeInt32LE(text.length);
  return Buffer.concat([all, Buffer.from('\u0002_id\0'), long, text, Buffer.alloc(1)]);
}

describe('Searches for words over a table', () => {
  /** The collection: the words of each record, by its id. */
  let stored: Map<string, string>;
  let asked: Asked[];
  /** What another writer does while the database looks. */
  let meanwhile: () => void | Promise<void>;
  let table: RecordTable;
  let words: SearchedWords;

  beforeEach(() => {
    [stored, asked, meanwhile] = [new Map(), [], () => undefined];
    table = new RecordTable({ group: 'cell' });
    const find = (filter: Asked, { raw = false }: { readonly raw?: boolean }) => foundBy(filter, raw);
    const records = { find } as unknown as ReturnType<Catalogue['records']>;
    words = new SearchedWords(table, () => records, new ManualClock());
  });

  /** @param isRaw rows as bytes, as the driver gives them */
  function foundBy(filter: Asked, isRaw: boolean) {
    asked.push(filter);
    const among = filter._id?.$in ?? [...stored.keys()];
    const found = among.filter((id) => stored.get(id)?.split(' ').includes(filter.$text.$search));
    const rows = found.map((_id) => ({ _id }));
    return {
      toArray: async () => (await meanwhile(), rows),
      async *[Symbol.asyncIterator]() {
        await meanwhile();
        yield* isRaw ? found.map(rowOf) : rows;
      },
    };
  }

  function write(id: string, text: string, group = 'a'): void {
    stored.set(id, text);
    table.put(id, { group });
    // Its time tells that it was written; no column does.
    table.changed.note(table.ids.slotOf(id)!);
  }

  function remove(id: string): void {
    stored.delete(id);
    table.remove(id);
  }

  async function idsFor(condition: Fields): Promise<string[] | undefined> {
    const selected = selectedBy(table, await words.resolved(condition), new Set(['_id']));
    return selected && idsIn(selected);
  }

  function idsIn(selected: BitSet): string[] {
    const ids: string[] = [];
    selected.forEach((slot) => void ids.push(table.ids.idOf(slot)));
    return ids.sort();
  }

  const text = (search: string): Fields => ({ $text: { $search: search } });
  const withWord = (word: string): string[] =>
    [...stored].flatMap(([id, all]) => (all.split(' ').includes(word) ? [id] : [])).sort();

  it('are put to the database once, and later only for the records that were changed', async () => {
    for (let index = 0; index < 6000; index += 1)
      write(`r${index}`, index % 3 === 0 ? 'lead iron' : 'iron', index % 2 === 0 ? 'a' : 'b');
    assert.equal((await idsFor(text('iron')))?.length, 6000);
    assert.equal((await idsFor({ $and: [{ group: 'a' }, text('lead')] }))?.length, 1000);
    assert.equal((await idsFor({ ...text('lead'), group: 'b' }))?.length, 1000);
    assert.equal(asked.length, 2);
    write('r0', 'iron');
    write('new', 'lead');
    remove('r3');
    assert.deepEqual(await idsFor(text('lead')), withWord('lead'));
    assert.deepEqual(asked.length, 3);
    assert.deepEqual([...asked[2]!._id!.$in].sort(), ['new', 'r0'], 'not what is gone');
    assert.equal((await idsFor(text('nowhere')))?.length, 0);
  });

  it('find what the database finds, whatever is written, removed and asked in between', async () => {
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
    const all = ['tin', 'lead', 'iron', 'gold'];
    for (let round = 0; round < 400; round += 1) {
      for (let writes = random(4); writes > 0; writes -= 1) {
        const id = `r${random(60)}`;
        if (random(4) === 0) remove(id);
        else write(id, all.filter(() => random(2) === 0).join(' '));
      }
      const word = all[random(all.length)]!;
      assert.deepEqual(await idsFor(text(word)), withWord(word), `round ${round}: ${word}`);
    }
    assert.ok(
      asked.filter(({ _id }) => _id === undefined).length <= all.length,
      'everything once for each word',
    );
  });

  it('tell of a record that is written while the database looks, when they are put next', async () => {
    write('one', 'lead');
    meanwhile = () => {
      meanwhile = () => undefined;
      write('two', 'lead');
      write('one', 'iron');
    };
    await idsFor(text('lead'));
    assert.deepEqual(await idsFor(text('lead')), ['two']);
    write('three', 'lead');
    meanwhile = () => {
      meanwhile = () => undefined;
      remove('two');
      write('four', 'lead');
    };
    await idsFor(text('lead'));
    assert.deepEqual(await idsFor(text('lead')), ['four', 'three']);
  });

  it('of many askers at one time are put once, and nobody gets an answer from before a change that it knows of', async () => {
    write('one', 'lead');
    let go: () => void = () => undefined;
    meanwhile = () => new Promise<void>((resolve) => (go = resolve));
    const first = idsFor(text('lead'));
    const same = idsFor(text('lead'));
    await new Promise((resolve) => setImmediate(resolve));
    write('two', 'lead');
    const later = idsFor(text('lead'));
    meanwhile = () => undefined;
    go();
    assert.deepEqual([await first, await same, await later], [['one'], ['one'], ['one', 'two']]);
    assert.deepEqual(
      asked.map(({ _id }) => _id?.$in),
      [undefined, ['two']],
    );
  });

  it('are put anew when more was changed than is worth looking through', async () => {
    write('one', 'lead');
    await idsFor(text('lead'));
    for (let index = 0; index < 2500; index += 1) write(`r${index}`, 'lead');
    assert.equal((await idsFor(text('lead')))?.length, 2501);
    for (let index = 0; index < 25_000; index += 1) write(`r${index % 5000}`, 'iron');
    assert.deepEqual(await idsFor(text('lead')), ['one']);
    assert.deepEqual(
      asked.map(({ _id }) => _id),
      [undefined, undefined, undefined],
    );
  });

  it('find many for one at a time, and few for any number', async () => {
    for (let index = 0; index < 6000; index += 1)
      write(`r${index}`, index < 10 ? 'lead tin iron gold' : 'iron gold');
    const [iron, gold, lead, tin] = await Promise.all(
      ['iron', 'gold', 'lead', 'tin'].map((word) => idsFor(text(word))),
    );
    assert.deepEqual([iron?.length, gold, lead?.length, tin?.length], [6000, undefined, 10, 10]);
    assert.equal((await idsFor(text('gold')))?.length, 6000);
  });

  it('of several words find what has any of them, and each word is put once', async () => {
    for (const [id, all] of Object.entries({ one: 'lead iron', two: 'iron', three: 'tin', four: 'gold' }))
      write(id, all);
    assert.deepEqual(await idsFor(text('lead  tin lead')), ['one', 'three']);
    assert.deepEqual(await idsFor(text('tin iron')), ['one', 'three', 'two']);
    assert.deepEqual(
      asked.map(({ $text }) => $text.$search),
      ['lead', 'tin', 'iron'],
    );
  });

  it('stand for nothing in what else is asked of the records they found', () => {
    const rights = { ownerGroup: 'a' };
    assert.deepEqual(withoutWords({ ...text('lead'), ...rights }), rights);
    assert.deepEqual(withoutWords({ $and: [{ $and: [text('lead'), { type: 'raw' }] }, rights] }), {
      $and: [{ $and: [{}, { type: 'raw' }] }, rights],
    });
    assert.deepEqual(withoutWords(text('lead')), {});
  });

  it('are left to the database when it refuses, is slow, is asked for other words, or with options', async () => {
    write('one', 'lead');
    meanwhile = () => Promise.reject(new Error('away'));
    assert.equal(await idsFor(text('lead')), undefined);
    meanwhile = () => new Promise<void>(() => undefined);
    const slow = idsFor(text('lead'));
    assert.equal(await slow, undefined);
    meanwhile = () => undefined;
    const signs = idsFor(text('"iron lead"'));
    assert.deepEqual([await signs, asked.at(-1)?.$text.$search], [[], '"iron lead"']);
    const options = { $text: { $search: 'lead', $caseSensitive: true } };
    assert.equal(await words.resolved(options), options);
  });

  it('tell which record a row of the database is of, whatever its id is made of', () => {
    const ids = ['p/1', 'p/ü€', '20.500.12345/0', 'x'.repeat(3000)];
    for (const id of ids) write(id, '');
    for (const id of ids) {
      assert.equal(table.ids.slotOfRow(rowOf(id)), table.ids.slotOf(id));
      assert.notEqual(table.ids.slotOf(id), undefined);
    }
    const [empty, number, none] = ['0500000000', '0e000000105f6964000100000000', '0a0000000a5f69640000'];
    for (const hex of [empty, number, none])
      assert.equal(table.ids.slotOfRow(Buffer.from(hex, 'hex')), undefined, hex);
    for (const id of ['', 'p/2']) assert.equal(table.ids.slotOfRow(rowOf(id)), undefined, id);
  });
});
