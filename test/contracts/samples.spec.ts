import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { contractOf, parseEnvelope, parsePayload, registry, type Envelope } from '#contracts';
import { eventRow } from '#outbox';
import { filesBelow, isThere, textOf } from '../support/repository.js';
import { folderOf, sampleFolder, sums, without } from './samples.js';

const samples = filesBelow(sampleFolder, '.json');

function envelopeIn(text: string): Envelope {
  const envelope = parseEnvelope(Buffer.from(text));
  if (typeof envelope === 'string') assert.fail(envelope);
  return envelope;
}

describe('Every sample ever committed', () => {
  for (const path of samples) {
    it(`is understood: ${path}`, () => {
      const envelope = envelopeIn(textOf(path));
      const contract = contractOf(envelope.type);
      assert.ok(contract, `expected a contract of ${envelope.type}`);
      assert.equal(envelope.source, `/catena/${contract.emitter}`);
      assert.equal(path.slice(0, path.lastIndexOf('/')), folderOf(envelope.type));
      const payload = parsePayload(contract, envelope.data);
      assert.notEqual(typeof payload, 'string', String(payload));
      // What it is about and where it stands follow from the contract: another place would reorder what is under way.
      const { subject, partitionkey, sequence } = eventRow(
        contract,
        envelope.data as object,
        new Date(),
      ).envelope!;
      assert.deepEqual(
        { subject, partitionkey, sequence },
        {
          ...{ subject: envelope.subject, partitionkey: envelope.partitionkey },
          sequence: envelope.sequence,
        },
      );
    });
  }

  it('is the one that was committed', () => {
    const listed = sums(textOf(`${sampleFolder}/SHA256SUMS`));
    for (const path of samples) {
      const name = path.slice(sampleFolder.length + 1);
      const digest = createHash('sha256').update(textOf(path)).digest('hex');
      assert.equal(
        listed.get(name),
        digest,
        listed.has(name)
          ? `${path} was edited: samples stand for messages that are under way; put it back and add another one`
          : `append to ${sampleFolder}/SHA256SUMS: ${digest}  ${name}`,
      );
    }
    for (const name of listed.keys())
      assert.ok(isThere(`${sampleFolder}/${name}`), `${sampleFolder}/${name} was removed: put it back`);
  });
});

describe('Every contract', () => {
  for (const contract of registry) {
    const path = `${folderOf(contract.type)}/minimal.json`;

    describe(contract.type, () => {
      it('has a sample', () => assert.ok(isThere(path), `expected ${path}`));

      it('ignores fields it does not know', () => {
        const sample = envelopeIn(textOf(path));
        const richer = { ...sample, hue: 'blue', data: { ...(sample.data as object), hue: { red: 1 } } };
        const envelope = envelopeIn(JSON.stringify(richer));
        assert.notEqual(typeof parsePayload(contract, envelope.data), 'string');
      });

      it('misses each required field by name', () => {
        const sample = JSON.parse(textOf(path)) as Envelope<object>;
        for (const { field, rest } of without(sample.data)) {
          const complaint = parsePayload(contract, rest);
          assert.equal(
            typeof complaint,
            'string',
            `expected ${contract.type} without ${field} to be refused`,
          );
          assert.match(String(complaint), new RegExp(`\\b${field}\\b`));
        }
      });

      it('takes no list where an object belongs', () => {
        const sample = JSON.parse(textOf(path)) as Envelope<Record<string, unknown>>;
        for (const [field, value] of Object.entries(sample.data)) {
          if (typeof value !== 'object') continue;
          // Where a list belongs, it is one of objects.
          const wrong = Array.isArray(value) ? [[]] : [];
          assert.equal(typeof parsePayload(contract, { ...sample.data, [field]: wrong }), 'string', field);
        }
      });
    });
  }
});

describe('The envelope', () => {
  const sample = JSON.parse(
    textOf(`${folderOf('catalog.job-submitted.v1')}/minimal.json`),
  ) as Envelope<object>;

  it('misses each required attribute by name', () => {
    for (const attribute of Object.keys(sample)) {
      const rest = Object.fromEntries(Object.entries(sample).filter(([name]) => name !== attribute));
      const complaint = parseEnvelope(Buffer.from(JSON.stringify(rest)));
      assert.equal(typeof complaint, 'string', `expected an envelope without ${attribute} to be refused`);
      assert.match(String(complaint), new RegExp(`\\b${attribute}\\b`));
    }
  });

  for (const body of ['', 'null', '[]', '"text"', '{', '7']) {
    it(`is not ${JSON.stringify(body)}`, () =>
      assert.equal(typeof parseEnvelope(Buffer.from(body)), 'string'));
  }

  it('is not what is nested too deeply to be walked through, as deep as fits into a message', () => {
    for (const levels of [101, 5000, 40_000])
      for (const [begin, end] of [
        ['{"a":', '}'],
        ['[', ']'],
      ] as const) {
        const deep = `${begin.repeat(levels)}1${end.repeat(levels)}`;
        const text = JSON.stringify({ ...sample, more: 'here' }).replace('"here"', deep);
        assert.match(String(parseEnvelope(Buffer.from(text))), /at most 100 levels/);
      }
    const text = JSON.stringify({ ...sample, more: 'here' });
    const fits = text.replace('"here"', `${'['.repeat(90)}1${']'.repeat(90)}`);
    assert.equal(typeof parseEnvelope(Buffer.from(fits)), 'object');
  });
});

describe('A checksum', () => {
  const archived = contractOf('archival.datablock-archived.v1');
  const sample = JSON.parse(
    textOf(`${folderOf('archival.datablock-archived.v1')}/minimal.json`),
  ) as Envelope<object>;

  for (const wrong of [`0x${'a'.repeat(62)}`, 'A'.repeat(64), 'a'.repeat(63), 'g'.repeat(64)]) {
    it(`is not ${wrong.slice(0, 6)}… of ${wrong.length} characters`, () => {
      assert.ok(archived);
      assert.equal(typeof parsePayload(archived, { ...sample.data, sha256: wrong }), 'string');
    });
  }
});
