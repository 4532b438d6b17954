import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { maxWordBytes, partsOf, wordsField, wordsFor, wordsOf } from './words.js';

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
    assert.equal(wordsOf(record), 'of mice\na\nb\nmm\nblue sky');
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
      assert.ok(Buffer.byteLength(text) <= maxWordBytes, `${Buffer.byteLength(text)} bytes`);
      assert.ok(Buffer.byteLength(text) > maxWordBytes - 30, `${Buffer.byteLength(text)} bytes`);
      assert.match(text, /[ \n]word(\d+)$/);
      const last = Number(/(\d+)$/.exec(text)![1]);
      assert.equal(words[last], `wörd${last}`);
      assert.ok(text.includes(`word${last - 1}`));
    }
  });

  it('leave out encoded bytes and characters that no database takes', () => {
    assert.equal(
      wordsOf({ a: `${'x'.repeat(600)} short`, b: 'nul\u0000here', c: '\ud800' }),
      'short\nnul here',
    );
  });

  it('are letters and digits, in small letters without accents, so that all databases find parts of paths and of DOIs', () =>
    assert.equal(
      wordsOf({
        a: '/data/visitors/p123/raw',
        b: '10.1234/ab-5',
        c: 'Müller, Ångström & naïve',
        d: 'mm² µm ﬁne',
        e: 'й한글か゛हिन्दी',
      }),
      'data visitors p123 raw\n10 1234 ab 5\nmuller angstrom naive\nmm2 μm fine\n' + 'и한글か हिन्दी',
    ));

  it('are the same in a text of ASCII, which is read quickly, as in any other', () => {
    const ascii = fc.string({ unit: 'binary-ascii', maxLength: 40 });
    fc.assert(
      fc.property(ascii, (text) => assert.deepEqual([...partsOf(text), 'e'], partsOf(`${text} \u00e9`))),
    );
  });

  it('are no addresses of people, which may be masked for the reader', () =>
    assert.equal(
      wordsOf({ owner: 'Ada', ownerEmail: 'ada@example.org', note: 'ask bob@x.org now' }),
      'ada\nask now',
    ));

  it('end at a depth that no sensible record has', () => {
    let deep: object = { text: 'far down' };
    for (let level = 0; level < 10_000; level += 1) deep = { deep };
    assert.equal(wordsOf({ title: 'near', deep }), 'near');
  });
});

describe('The words of a list of files', () => {
  const wordsOfFiles = (record: object): string => wordsFor('OrigDatablock', record)[wordsField]!;

  it('are the parts of its paths and of the id of its dataset, each once, the numbers last', () => {
    const record = {
      datasetId: '20.500.12345/AB-cd',
      ownerGroup: 'secret',
      chkAlg: 'sha256',
      dataFileList: [
        { path: 'Run_7/frame-000.h5', chk: 'abcdef', uid: 'ada' },
        { path: 'Run_7/frame-001.h5' },
        { path: 7 },
        null,
      ],
    };
    assert.equal(wordsOfFiles(record), 'ab cd run frame h5 20 500 12345 7 000 001');
  });

  it('fit the index for the longest list: what does not fit are numbers', () => {
    const dataFileList = Array.from({ length: 50_000 }, (_, index) => ({
      path: `scan/frame_${String(index * 7919).padStart(10, '0')}_part${index % 10}.cbf`,
    }));
    const text = wordsOfFiles({ datasetId: 'p/1', dataFileList });
    assert.ok(Buffer.byteLength(text) <= maxWordBytes, `${Buffer.byteLength(text)} bytes`);
    const words = new Set(text.split(' '));
    for (const word of ['p', 'scan', 'frame', 'part9', 'cbf', '0000000000']) assert.ok(words.has(word), word);
  });

  it('are none of a block that is only announced', () => {
    assert.equal(wordsOfFiles({ _id: 'x', catenaIntent: { token: 't' } }), '');
    assert.deepEqual(wordsFor('Datablock', { dataFileList: [{ path: 'a' }] }), {});
  });
});
