import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settingsFrom, type CheckWorkerOptions } from './settings.js';

const environment = { RABBITMQ_URL: 'amqp://somebody:secret@broker.example.org' };
const settings = (options: CheckWorkerOptions, variables: Record<string, string> = {}) =>
  settingsFrom('university-tape', options, { ...environment, ...variables });

describe('The settings of check-worker', () => {
  it('have a prefix that no installation has, and what a worker needs is on this machine', () => {
    const { prefix, host, port, contentSize, patience } = settings({});
    assert.deepEqual(
      [prefix, host, port, contentSize, patience],
      ['catena-check', '127.0.0.1', 0, 2 ** 20, 60_000],
    );
  });

  it('refuse the prefix of an installation: its orders are real', () => {
    const refused = { code: 'cli.usage', message: /plays job-assembler/ };
    assert.throws(() => settings({ prefix: 'catena' }), refused);
    assert.throws(() => settings({ prefix: 'lab' }, { CATENA_PREFIX: 'lab' }), refused);
    assert.throws(() => settings({}, { CATENA_PREFIX: 'catena-check' }), refused);
  });

  it('read addresses of both kinds', () => {
    const { host, port } = settings({ listen: '[::1]:8080' });
    assert.deepEqual([host, port], ['::1', 8080]);
  });

  for (const [name, options] of Object.entries({
    'a port without a host': { listen: ':80' },
    'no address': { reachedAt: 'worker.example.org' },
    'a size that shows nothing': { size: '1KiB' },
    'more than memory has': { size: '1GiB' },
    'no duration': { patience: 'long' },
    'a prefix with a dot, which would be another queue': { prefix: 'a.b' },
  } satisfies Record<string, CheckWorkerOptions>))
    it(`refuse ${name}`, () => assert.throws(() => settings(options), { code: 'cli.usage' }));

  it('refuse a target that no queue can have', () => {
    for (const target of ['', 'Tape', 'a.b', '#'])
      assert.throws(() => settingsFrom(target, {}, environment), { code: 'cli.usage' }, target);
  });

  it('need a broker', () => {
    assert.throws(() => settingsFrom('tape', {}, {}), { code: 'cli.usage', message: /RABBITMQ_URL/ });
  });
});
