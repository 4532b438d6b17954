import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serialize, type Document } from 'bson';
import { Batch, missingOf } from './stored-documents.js';

const bytesOf = (document: object): Buffer => Buffer.from(serialize(document));
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((_id) => bytesOf({ _id })) as [Buffer, Buffer, Buffer, Buffer];

async function* each(...documents: Buffer[]): AsyncGenerator<Buffer> {
  yield* documents;
}

describe('What is missing of stored documents', () => {
  const cases: readonly [what: string, present: Buffer[], missing: Buffer[], isPart: boolean][] = [
    ['all, where nothing is', [], [a, b, c], true],
    ['the rest, where a restore stopped', [a], [b, c], true],
    ['what lies between others', [a, c], [b], true],
    ['nothing, where all is', [a, b, c], [], true],
    ['told together with a document that is of nobody', [a, d], [b, c], false],
    ['told together with one that has other content', [bytesOf({ _id: 'a', x: 1 }), b], [a, b, c], false],
    ['told together with one more beside all', [a, b, c, d], [], false],
  ];
  for (const [what, present, expected, isPart] of cases)
    it(`is ${what}`, async () => {
      const missing: Buffer[] = [];
      const found = await missingOf(each(a, b, c), each(...present), (document) => {
        missing.push(document);
      });
      assert.equal(found, isPart);
      assert.deepEqual(missing, expected);
    });
});

describe('A batch', () => {
  async function batchesOf(...documents: Buffer[]): Promise<number[]> {
    const sizes: number[] = [];
    const batch = new Batch((written: Document[]) => Promise.resolve(sizes.push(written.length)));
    for (const document of documents) await batch.add(document);
    await batch.flush();
    await batch.flush();
    return sizes;
  }

  it('holds 500 documents at most', async () => {
    assert.deepEqual(await batchesOf(...Array.from({ length: 1001 }, () => a)), [500, 500, 1]);
  });

  it('holds 8 MiB at most, or one document', async () => {
    const large = bytesOf({ _id: 'l', text: 'x'.repeat(3 * 2 ** 20) });
    const larger = bytesOf({ _id: 'm', text: 'x'.repeat(9 * 2 ** 20) });
    assert.deepEqual(await batchesOf(large, large, large, larger, a), [2, 1, 1, 1]);
  });
});
