import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { repairDriver } from './driver-repair.js';

interface Command {
  command(namespace: unknown, command: object, options: object): Promise<unknown>;
  destroy(): void;
}

const requireFromMongoose = createRequire(createRequire(import.meta.url).resolve('mongoose'));
const { Connection } = requireFromMongoose('mongodb/lib/cmap/connection.js') as {
  Connection: new (socket: Socket, options: object) => Command;
};
const { ns } = requireFromMongoose('mongodb/lib/utils.js') as { ns: (name: string) => unknown };

describe("The driver's connection, repaired", () => {
  const server = createServer((socket) => socket.pause());
  before(async () => {
    repairDriver();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  async function connection(): Promise<{ socket: Socket; connection: Command }> {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const options = {
      id: 1,
      generation: 0,
      monitorCommands: false,
      hostAddress: new mongo.MongoClient(`mongodb://127.0.0.1:${port}`).options.hosts[0],
    };
    return { socket, connection: new Connection(socket, options) };
  }

  /** Settles one way or the other; a hang is the defect. */
  const outcome = (running: Promise<unknown>): Promise<string> =>
    Promise.race([
      running.then(
        () => 'answered',
        (error: Error) => error.message,
      ),
      sleep(2000, 'hangs', { ref: false }),
    ]);

  it('fails a command that starts while the connection closes', async () => {
    const { connection: open } = await connection();
    const running = open.command(ns('admin.$cmd'), { ping: 1 }, {});
    open.destroy();
    assert.match(await outcome(running), /closed|error writing/);
  });

  it('fails a command that waits for the peer to take its bytes', async () => {
    const { connection: open, socket } = await connection();
    const large = 'x'.repeat(12_000_000);
    const running = open.command(ns('admin.$cmd'), { ping: 1, large }, {});
    await sleep(50);
    assert.ok(socket.writableLength > 0, 'the peer reads nothing, so bytes wait here');
    open.destroy();
    assert.match(await outcome(running), /closed/);
  });
});
