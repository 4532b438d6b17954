import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startStack } from '../index.js';
import { UnsupportedHost } from '../root/host.js';
import { loadSettings, type StackSettings } from '../settings.js';
import { memoryServerService } from './memory-server.js';

const log = (): void => undefined;
/** In the place of the package: listens, and writes down what it was asked for. */
const fakePackage = `
const { createServer } = require('node:net');
const { appendFileSync } = require('node:fs');
const { join } = require('node:path');
exports.MongoBinary = { getPath: async () => '/nowhere/mongod' };
exports.MongoMemoryServer = {
  create: async (options) => {
    const say = (line) => appendFileSync(join(options.instance.dbPath, 'said'), JSON.stringify(line) + '\\n');
    // First: the test stops it as soon as its port is open.
    say(options);
    const server = createServer().listen(options.instance.port, options.instance.ip);
    await new Promise((resolve) => server.once('listening', resolve));
    return {
      instanceInfo: { port: server.address().port },
      stop: async (how) => { say(how); server.close(); },
    };
  },
};`;

describe('MongoDB itself in the stack', () => {
  let folder: string;
  let settings: StackSettings;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'catena-memory-server-'));
    for (const name of ['log', 'pid', 'node_modules/mongodb-memory-server'])
      mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'node_modules/mongodb-memory-server/index.js'), fakePackage);
    settings = await loadSettings(folder);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is refused with what to install where the package is not there', () => {
    const elsewhere = '/package.json';
    assert.throws(
      () => memoryServerService({ settings, dataDirectory: folder, log }, elsewhere),
      (error: Error) =>
        error instanceof UnsupportedHost && /npm install --no-save mongodb-memory-server/.test(error.message),
    );
  });

  it('is chosen by its name only', async () => {
    const environment = { CATENA_MONGODB: 'mongod' };
    await assert.rejects(
      startStack({ dataDirectory: join(folder, 'stack'), log, environment }),
      /CATENA_MONGODB to be memory-server, found "mongod"/,
    );
  });

  it('runs on the port and with the account of the stack, on data that stay', async () => {
    const service = memoryServerService(
      { settings, dataDirectory: folder, log },
      join(folder, 'package.json'),
    );
    const [server] = service.processes;
    const port = settings.ports.mongodb;
    await service.prepare();
    await server?.start();
    await untilOpen(port);
    await server?.stop();
    const said = readFileSync(join(folder, 'mongod/said'), 'utf8').trim().split('\n');
    const [asked, stopped] = said.map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
    assert.deepEqual(
      [asked?.['instance']?.['port'], asked?.['instance']?.['dbPath']],
      [port, join(folder, 'mongod')],
    );
    assert.equal(asked?.['auth']?.['customRootPwd'], settings.mongodb.password);
    assert.deepEqual(stopped, { doCleanup: false });
    assert.equal(service.environment['MONGODB_URI']?.includes(`:${port}/`), true);
  });
});

async function untilOpen(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
