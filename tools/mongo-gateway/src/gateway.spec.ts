import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { mongo } from 'mongoose';
import { startGateway, type Gateway } from './gateway.js';

/** No PostgreSQL stands behind it: everything here is decided before a statement would be sent. */
let gateway: Gateway;

before(async () => {
  gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    user: 'catena',
    password: 'right',
    postgres: { socketDirectory: '/nonexistent', port: 1, user: 'x', database: 'x', maxConnections: 1 },
  });
});
after(() => gateway.stop());

function client(credentials: string): InstanceType<typeof mongo.MongoClient> {
  const uri = `mongodb://${credentials}127.0.0.1:${gateway.port}/?directConnection=true`;
  return new mongo.MongoClient(uri, { serverSelectionTimeoutMS: 3000 });
}

async function rejection(work: Promise<unknown>): Promise<{ code?: unknown }> {
  try {
    await work;
  } catch (error) {
    return error as { code?: unknown };
  }
  return assert.fail('it should have been refused');
}

describe('authentication', () => {
  it('lets the one user in', async () => {
    const connection = client('catena:right@');
    const status = await connection.db('admin').command({ connectionStatus: 1 });
    assert.deepEqual(status['authInfo'].authenticatedUsers, [{ user: 'catena', db: 'admin' }]);
    await connection.close();
  });

  it('refuses a wrong password and an unknown user with code 18', async () => {
    for (const credentials of ['catena:wrong@', 'other:right@']) {
      const connection = client(credentials);
      assert.equal((await rejection(connection.db('a').command({ buildInfo: 1 }))).code, 18);
      await connection.close();
    }
  });

  it('answers nothing but the handshake and ping without it', async () => {
    const connection = client('');
    assert.equal((await connection.db('a').command({ ping: 1 }))['ok'], 1);
    for (const command of [{ find: 'x' }, { buildInfo: 1 }, { serverStatus: 1 }, { nonsense: 1 }]) {
      assert.equal((await rejection(connection.db('a').command(command))).code, 13);
    }
    await connection.close();
  });
});

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
    socket.resume();
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.removeAllListeners('error');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

function headerOf(length: number, operation: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(length, 0);
  header.writeInt32LE(operation, 12);
  return header;
}

describe('garbage on the port', () => {
  const rubbish: [string, Buffer][] = [
    ['a huge length', headerOf(0x7fffffff, 2013)],
    ['a negative length', headerOf(-5, 2013)],
    ['more than a handshake before authentication', headerOf(1_000_000, 2013)],
    ['an unknown operation', headerOf(100, 2001)],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a message of zeros', Buffer.concat([headerOf(64, 2013), Buffer.alloc(48)])],
  ];
  for (const [name, bytes] of rubbish) {
    it(`closes the connection on ${name}`, async () => {
      const socket = await open();
      const end = closed(socket);
      socket.write(bytes);
      await end;
    });
  }

  it('survives many connections of random bytes and half messages', async () => {
    const sockets = await Promise.all(Array.from({ length: 60 }, open));
    for (const [index, socket] of sockets.entries()) {
      socket.on('error', () => undefined);
      const body = randomBytes(200);
      socket.write(index % 2 === 0 ? body : Buffer.concat([headerOf(216, 2013), body.subarray(0, index)]));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const socket of sockets) socket.destroy();
    const connection = client('catena:right@');
    assert.equal((await connection.db('admin').command({ ping: 1 }))['ok'], 1);
    await connection.close();
  });
});
