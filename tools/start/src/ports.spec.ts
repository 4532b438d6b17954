import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { portNames } from './app-environments.js';
import { choosePorts, PortTaken } from './ports.js';

const allBut =
  (...taken: number[]) =>
  (port: number) =>
    Promise.resolve(!taken.includes(port));

describe('choosePorts', () => {
  it('prefers 3000 and the next ones', async () =>
    assert.deepEqual(Object.values(await choosePorts(undefined, allBut())).slice(0, 3), [3000, 3001, 3002]));
  it('finds one for each that listens', async () =>
    assert.equal(new Set(Object.values(await choosePorts(undefined, allBut()))).size, portNames.length));
  it('goes round ports in use', async () =>
    assert.deepEqual(
      Object.values(await choosePorts(undefined, allBut(3000, 3002))).slice(0, 3),
      [3001, 3003, 3004],
    ));
  it('takes the port the user fixed', async () =>
    assert.deepEqual(Object.values(await choosePorts('8080', allBut(8081))).slice(0, 3), [8080, 8082, 8083]));
  it('says what to do when that one is in use, or none', async () => {
    await assert.rejects(choosePorts('8080', allBut(8080)), PortTaken);
    await assert.rejects(choosePorts('http', allBut()), /found "http"/);
  });
});
