import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseArguments } from './arguments.js';
import { loadSettings } from './settings.js';

describe('settings', () => {
  it('are made once for a data directory and belong to its owner', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'catena-settings-'));
    const other = await mkdtemp(join(tmpdir(), 'catena-settings-'));
    const settings = await loadSettings(folder);
    assert.deepEqual(await loadSettings(folder), settings);
    assert.equal((await stat(join(folder, 'stack.json'))).mode & 0o777, 0o600);
    const others = await loadSettings(other);
    assert.notEqual(others.id, settings.id);
    assert.notEqual(others.mongodb.password, settings.mongodb.password);
    const ports = Object.values(settings.ports);
    assert.equal(new Set(ports).size, ports.length);
    assert.ok(ports.every((port) => port >= 20_000 && port < 32_768));
    await Promise.all([folder, other].map((path) => rm(path, { recursive: true })));
  });
});

describe('arguments', () => {
  it('name one command', () => {
    assert.deepEqual(
      { ...parseArguments(['up', '--data', 'x']) },
      {
        ...{ command: 'up', data: 'x', format: 'sh', extras: false, help: false },
      },
    );
    assert.equal(parseArguments(['--help']).help, true);
    assert.equal(parseArguments(['env', '--format', 'json']).format, 'json');
    assert.throws(() => parseArguments(['env', '--format', 'xml']), /one of sh, dotenv, json, found "xml"/);
    assert.equal(parseArguments(['status']).data, '.catena/stack');
    for (const wrong of [[], ['upp'], ['up', 'down']]) assert.equal(parseArguments(wrong).command, undefined);
    assert.throws(() => parseArguments(['up', '--unknown']));
  });
});
