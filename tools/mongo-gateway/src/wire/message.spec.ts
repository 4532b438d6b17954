import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deserialize, serialize, type Document } from 'bson';
import { FrameError } from '../frame-reader.js';
import { MAX_HANDSHAKE_BYTES, messageLength, parseMessage, replyHead } from './message.js';

const OP_QUERY = 2004;
const OP_MSG = 2013;

function header(length: number, operation: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(length, 0);
  bytes.writeInt32LE(77, 4);
  bytes.writeInt32LE(operation, 12);
  return bytes;
}

function message(operation: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([header(16 + body.length, operation), body]);
}

const flags = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const section0 = (document: Document): Buffer => Buffer.concat([Buffer.from([0]), serialize(document)]);

function section1(name: string, ...documents: Document[]): Buffer {
  const rest = Buffer.concat([Buffer.from(`${name}\0`), ...documents.map((document) => serialize(document))]);
  const size = Buffer.alloc(5);
  size[0] = 1;
  size.writeInt32LE(rest.length + 4, 1);
  return Buffer.concat([size, rest]);
}

describe('parseMessage', () => {
  it('takes an OP_MSG with document sequences apart', () => {
    const bytes = message(
      OP_MSG,
      flags(0),
      section1('documents', { a: 1 }, { a: 2 }),
      section0({ insert: 'x' }),
    );
    const parsed = parseMessage(bytes);
    assert.deepEqual(deserialize(parsed.body), { insert: 'x' });
    assert.equal(parsed.sequences.get('documents')?.length, 2 * serialize({ a: 1 }).length);
    assert.equal(parsed.requestId, 77);
    assert.equal(parsed.wantsReply, true);
  });

  it('honours moreToCome and a checksum', () => {
    const parsed = parseMessage(message(OP_MSG, flags(3), section0({ ping: 1 }), Buffer.alloc(4)));
    assert.equal(parsed.wantsReply, false);
  });

  it('reads the legacy handshake', () => {
    const start = Buffer.concat([flags(0), Buffer.from('admin.$cmd\0'), Buffer.alloc(8)]);
    const parsed = parseMessage(message(OP_QUERY, start, Buffer.from(serialize({ ismaster: 1 }))));
    assert.equal(parsed.legacy, true);
    assert.equal(parsed.legacyDatabase, 'admin');
    assert.deepEqual(deserialize(parsed.body), { ismaster: 1 });
  });

  const nonsense: [string, Buffer][] = [
    ['an OP_MSG without body', message(OP_MSG, flags(0))],
    ['an OP_MSG without flags', message(OP_MSG)],
    ['two bodies', message(OP_MSG, flags(0), section0({ a: 1 }), section0({ a: 1 }))],
    ['an unknown section', message(OP_MSG, flags(0), Buffer.from([9, 0, 0]))],
    ['unknown required flags', message(OP_MSG, flags(4), section0({ a: 1 }))],
    ['the same sequence twice', message(OP_MSG, flags(0), section1('d'), section1('d'), section0({ a: 1 }))],
    ['a sequence that is too long', message(OP_MSG, flags(0), Buffer.from([1, 255, 255, 0, 0, 65, 0]))],
    ['a sequence of negative length', message(OP_MSG, flags(0), Buffer.from([1, 255, 255, 255, 255, 65, 0]))],
    ['a body cut off', message(OP_MSG, flags(0), section0({ a: 1 }).subarray(0, 8))],
    ['an endless collection name', message(OP_QUERY, flags(0), Buffer.from('abc'))],
    ['a query that is no command', message(OP_QUERY, flags(0), Buffer.from('a.b\0'), Buffer.alloc(8))],
    ['a query without document', message(OP_QUERY, flags(0), Buffer.from('a.$cmd\0'), Buffer.alloc(8))],
  ];
  for (const [name, bytes] of nonsense) {
    it(`refuses ${name}`, () => assert.throws(() => parseMessage(bytes)));
  }
});

describe('messageLength', () => {
  it('refuses lengths and operations no client of ours sends', () => {
    for (const length of [-1, 0, 15, MAX_HANDSHAKE_BYTES + 1, 0x7fffffff]) {
      assert.throws(() => messageLength(header(length, OP_MSG), MAX_HANDSHAKE_BYTES), FrameError);
    }
    assert.throws(() => messageLength(header(100, 2012), MAX_HANDSHAKE_BYTES), FrameError);
    assert.equal(messageLength(header(100, OP_MSG), MAX_HANDSHAKE_BYTES), 100);
  });
});

describe('replyHead', () => {
  it('answers in the form of the question', () => {
    const modern = parseMessage(message(OP_MSG, flags(0), section0({ ping: 1 })));
    const head = replyHead(modern, 30);
    assert.deepEqual([head.readInt32LE(0), head.readInt32LE(8), head.readInt32LE(12)], [51, 77, OP_MSG]);
    const legacy = replyHead({ ...modern, legacy: true }, 30);
    assert.deepEqual([legacy.readInt32LE(0), legacy.readInt32LE(12), legacy.readInt32LE(32)], [66, 1, 1]);
  });
});
