import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { jobAssemblerConfigFrom } from './job-assembler.config.js';

describe('The size of datablocks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catena-settings-'));
  after(() => rmSync(folder, { recursive: true }));
  const routes = (name: string, targets: readonly string[]): string => {
    const file = join(folder, name);
    const places = ['targets:', '  - { name: disk, kind: share, options: { place: /mnt/disk } }'];
    const route = `routes: [{ name: all, targets: [${targets.join(', ')}], copies: ${targets.length} }]`;
    const outside = targets.includes('partner') ? ['  - { name: partner, kind: outside }'] : [];
    writeFileSync(file, [...places, ...outside, route, ''].join('\n'));
    return file;
  };
  const environment = {
    ...{ S3_ENDPOINT: 'http://s3', CATALOG_URL: 'http://c', CATALOG_USERNAME: 'u', CATALOG_PASSWORD: 'p' },
    ...{ MONGODB_URI: 'mongodb://localhost', RABBITMQ_URL: 'amqp://localhost' },
    ...{ OPERATIONS_TOKEN: 'a-token-that-is-long-enough-for-this', NODE_ENV: 'test' },
    ...{ S3_ACCESS_KEY: 'a-key', S3_SECRET_KEY: 'a-secret-that-is-long' },
  };
  const started = (file: string, more: Readonly<Record<string, string | undefined>> = {}): number =>
    jobAssemblerConfigFrom({ ...environment, ROUTES_FILE: file, ...more }).split.targetBytes;
  const gib = 2 ** 30;

  it('is what one piece can be where workers outside have to put them at a link: else the start says what to set', () => {
    const file = routes('outside.yaml', ['disk', 'partner']);
    for (const more of [{}, { DATABLOCK_TARGET_SIZE: '5GiB' }, { WORKER_MAX_UPLOAD: '200GiB' }])
      assert.throws(() => started(file, more), /of partner .*DATABLOCK_TARGET_SIZE .*WORKER_MAX_UPLOAD/s);
    assert.equal(started(file, { DATABLOCK_TARGET_SIZE: '4GiB' }), 4 * gib);
    assert.equal(started(file, { WORKER_MAX_UPLOAD: '5TiB' }), 200 * gib);
  });

  it('is anything where there are none', () => {
    assert.equal(started(routes('own.yaml', ['disk'])), 200 * gib);
    assert.equal(started(''), 200 * gib);
  });
});
