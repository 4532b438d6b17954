import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { listensOn } from './listener.js';
import { claimPort } from './port-claims.js';

const module = new URL('port-claims.js', import.meta.url).href;
/** Another process that claims a port, says how that went, and lives until it is killed. */
async function claimant(port: number): Promise<{ claimed: boolean; end: () => Promise<void> }> {
  const script = `console.log(await (await import(${JSON.stringify(module)})).claimPort(${port})); process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const ended = once(child, 'exit');
  return {
    claimed: said.toString().trim() === 'true',
    end: async () => void (child.kill('SIGKILL'), await ended),
  };
}

describe('a port that a start has chosen', () => {
  it('is no other start’s until that process ends, also when it is killed before anything listens', async () => {
    const port = 70_000 + process.pid;
    const first = await claimant(port);
    const second = await claimant(port);
    assert.deepEqual([first.claimed, second.claimed], [true, false]);
    await Promise.all([first.end(), second.end()]);
    assert.equal(await claimPort(port), true);
  });
});

describe('an answer', () => {
  it('counts only when the process asked is the one that listens there', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { ppid } = process;
    assert.deepEqual([listensOn(process.pid, port), listensOn(ppid, port)], [true, false]);
    server.close();
    await once(server, 'close');
    assert.equal(listensOn(process.pid, port), false);
  });
});
