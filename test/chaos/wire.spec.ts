import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Wire } from './wire.js';

describe('A wire', () => {
  let echo: Server;
  let wire: Wire;

  before(async () => {
    echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    wire = await Wire.to('test', `http://127.0.0.1:${(echo.address() as AddressInfo).port}`);
  });
  after(async () => {
    await wire.end();
    echo.close();
  });

  interface Caller {
    readonly socket: Socket;
    heard: string;
    error?: NodeJS.ErrnoException;
    readonly closed: Promise<unknown>;
  }

  async function call(): Promise<Caller> {
    const socket = connect(Number(new URL(wire.url).port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const caller: Caller = { socket, heard: '', closed };
    socket.on('data', (data) => (caller.heard += data.toString()));
    socket.on('error', (error) => (caller.error = error));
    await once(socket, 'connect');
    return caller;
  }

  const hears = async (caller: Caller, text: string): Promise<void> => {
    while (caller.heard !== text) await sleep(5);
  };

  it('lets everything through, and the end of it', async () => {
    const caller = await call();
    caller.socket.end('hello');
    await caller.closed;
    assert.equal(caller.heard, 'hello');
  });

  it('is cut in the midst of what is said', async () => {
    const caller = await call();
    // Five bytes there, two back.
    wire.cutAfter(7, 'FIN');
    caller.socket.write('hello');
    await caller.closed;
    assert.equal(caller.heard, 'he');
  });

  it('is cut with a reset', async () => {
    const caller = await call();
    caller.socket.write('hello');
    await hears(caller, 'hello');
    wire.cut('RST');
    await caller.closed;
    assert.equal(caller.error?.code, 'ECONNRESET');
  });

  it('that is frozen says nothing, and goes on where it was', async () => {
    const caller = await call();
    wire.freeze();
    const late = await call();
    caller.socket.write('hello');
    late.socket.write('late');
    await sleep(50);
    assert.deepEqual([caller.heard, late.heard], ['', '']);
    wire.heal();
    await Promise.all([hears(caller, 'hello'), hears(late, 'late')]);
    caller.socket.destroy();
    late.socket.destroy();
  });

  it('that refuses connections takes them again when it is healed', async () => {
    wire.close();
    const refused = await call().then(
      ({ closed }) => closed.then(() => 'closed'),
      (error: NodeJS.ErrnoException) => error.code,
    );
    assert.ok(['closed', 'ECONNRESET'].includes(String(refused)), String(refused));
    wire.heal();
    const caller = await call();
    caller.socket.end('hello');
    await caller.closed;
    assert.equal(caller.heard, 'hello');
  });
});
