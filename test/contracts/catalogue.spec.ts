import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { registry, type Envelope } from '#contracts';
import { Naming } from '#messaging';
import { catalogue } from '../../tools/catalogue/src/index.js';
import { filesBelow, isThere, repository, textOf } from '../support/repository.js';
import { folderOf, without } from './samples.js';

const { version } = JSON.parse(textOf('package.json')) as { version: string };
const files = catalogue(repository, version);

function schemaOf(type: string): object {
  return JSON.parse(files.get(`docs/schemas/${type}.json`) ?? '{}') as object;
}

describe('The message catalogue', () => {
  for (const [path, text] of files) {
    it(`agrees with the contracts: ${path}`, () => {
      const committed = isThere(path) ? textOf(path) : '';
      assert.ok(committed === text, `${path} is not what the contracts say: run \`npm run catalogue\``);
    });
  }

  it('describes no message that is gone', () => {
    const surplus = filesBelow('docs/schemas').filter((path) => !files.has(path));
    assert.deepEqual(surplus, [], 'run `npm run catalogue`');
  });
});

describe('The JSON Schema', () => {
  const ajv = new Ajv2020({ allErrors: true, strict: true, formats: { 'date-time': isTime } });

  for (const { type } of registry) {
    const validate = ajv.compile(schemaOf(type));
    const sample = JSON.parse(textOf(`${folderOf(type)}/minimal.json`)) as Envelope<object>;

    describe(`of ${type}`, () => {
      for (const path of filesBelow(folderOf(type)))
        it(`takes ${path}`, () => {
          assert.ok(validate(JSON.parse(textOf(path))), JSON.stringify(validate.errors));
        });

      it('takes fields it does not know', () =>
        assert.ok(validate({ ...sample, hue: 1, data: { ...sample.data, hue: 1 } })));

      it('requires exactly what the minimal sample has', () => {
        for (const { field, rest } of without(sample))
          assert.ok(!validate(rest), `expected the schema to require ${field}`);
      });

      it('refuses another type and another emitter', () => {
        assert.ok(!validate({ ...sample, type: 'catalog.other.v1' }));
        assert.ok(!validate({ ...sample, source: '/catena/other' }));
      });
    });
  }
});

describe('The AsyncAPI document', () => {
  const document = JSON.parse(files.get('docs/asyncapi.json') ?? '{}') as Record<string, object>;
  const references = referencesIn(document);

  it('is of version 3.0.0 and has every part', () => {
    assert.equal(document['asyncapi'], '3.0.0');
    for (const part of ['info', 'servers', 'channels', 'operations', 'components'])
      assert.ok(Object.keys(document[part] ?? {}).length > 0, part);
  });

  it('refers to nothing that is not there', () => {
    assert.ok(references.length > registry.length * 4);
    for (const reference of references) assert.ok(resolve(document, reference), reference);
  });

  it('has operations that use messages of their own channel', () => {
    const operations = document['operations'] as Record<
      string,
      { channel: { $ref: string }; messages: { $ref: string }[] }
    >;
    for (const [name, { channel, messages }] of Object.entries(operations))
      for (const { $ref } of messages) assert.ok($ref.startsWith(`${channel.$ref}/messages/`), name);
  });

  it('has a sender and all receivers of every message', () => {
    const operations = Object.keys(document['operations'] ?? {});
    for (const { type, emitter, consumers } of registry) {
      assert.ok(operations.includes(`${emitter}.send.${type}`));
      for (const app of consumers) assert.ok(operations.includes(`${app}.receive.${type}`));
    }
  });

  it('shows every consumer bound to the exchange its messages go to', () => {
    type Channel = Record<string, { exchange: string; routingKey: string }[]>;
    const channels = document['channels'] as Record<string, Channel>;
    for (const { type, consumers } of registry)
      for (const app of consumers)
        assert.ok(
          channels[`${app}.inbox`]?.['x-bindings']?.some(
            ({ exchange, routingKey }) =>
              routingKey === (app === 'worker' ? new Naming('catena').workerKeyOf(type, '{target}') : type) &&
              exchange === `catena.${type.slice(0, type.indexOf('.'))}`,
          ),
          `${app} is not bound to ${type}`,
        );
  });
});

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  );
}

function resolve(document: object, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined;
  let value: unknown = document;
  for (const key of reference.slice(2).split('/'))
    value = (value as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')];
  return value;
}
