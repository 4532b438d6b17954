import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mostWordBytes, wordsOf } from './words.js';

describe('The words of a record', () => {
  it('are its texts at any depth, each once, in the order of the fields', () => {
    const record = {
      title: 'Of mice',
      keywords: ['a', 'b', 'a'],
      scientificMetadata: { run: { value: 3, unit: 'mm' }, stage: [{ unit: 'mm', note: 'blue  sky' }] },
      size: 7,
      createdAt: new Date(0),
      nothing: null,
    };
    assert.equal(wordsOf(record), 'Of mice\na\nb\nmm\nblue  sky');
  });

  it('are not what changes by itself, what is Catena’s own, or the list of a large job', () => {
    const record = {
      catenaWords: 'before',
      catena: { outbox: { rows: [{ body: 'secret' }] } },
      datasetlifecycle: { archiveStatusMessage: 'datasetOnArchiveDisk' },
      jobParams: { datasetList: [{ pid: 'p/1' }], note: 'kept' },
      jobResultObject: { good: ['p/1'] },
      thumbnail: 'data:image/png;base64,AAAA',
    };
    assert.equal(wordsOf(record), 'kept');
  });

  it('never take more bytes than the index has room for, and end with a whole word', () => {
    const words = Array.from({ length: 400_000 }, (_, index) => `wörd${index}`);
    for (const record of [{ description: words.join(' ') }, { keywords: words }]) {
      const text = wordsOf(record);
      assert.ok(Buffer.byteLength(text) <= mostWordBytes, `${Buffer.byteLength(text)} bytes`);
      assert.ok(Buffer.byteLength(text) > mostWordBytes - 30, `${Buffer.byteLength(text)} bytes`);
      assert.match(text, /[ \n]wörd(\d+)$/);
      const last = Number(/(\d+)$/.exec(text)![1]);
      assert.equal(words[last], `wörd${last}`);
      assert.ok(text.includes(`wörd${last - 1}`));
    }
  });

  it('leave out encoded bytes and characters that no database takes', () => {
    assert.equal(
      wordsOf({ a: `${'x'.repeat(600)} short`, b: 'nul\u0000here', c: '\ud800' }),
      'short\nnul here',
    );
  });

  it('are no addresses of people, which may be masked for the reader', () =>
    assert.equal(
      wordsOf({ owner: 'Ada', ownerEmail: 'ada@example.org', note: 'ask bob@x.org now' }),
      'Ada\nask   now',
    ));

  it('end at a depth that no sensible record has', () => {
    let deep: object = { text: 'far down' };
    for (let level = 0; level < 10_000; level += 1) deep = { deep };
    assert.equal(wordsOf({ title: 'near', deep }), 'near');
  });
});
