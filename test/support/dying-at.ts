import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppProcess } from '../../tools/start/src/index.js';

/** An installation whose apps can be set to die. */
interface Mortal<Name extends string> {
  readonly apps: Readonly<Record<Name, AppProcess>>;
  arm(name: Name, point: string): Promise<void>;
  disarm(name: Name): Promise<void>;
}

/** Milliseconds after the story for a process that has died in it to be back. */
const patience = 300_000;

/** Runs `story` while the app is set to die at the crash point, and starts it again as soon as it has. */
export async function dyingAt<Name extends string, Result>(
  installation: Mortal<Name>,
  app: Name,
  point: string,
  story: () => Promise<Result>,
): Promise<Result> {
  const victim = installation.apps[app];
  await installation.arm(app, point);
  let died = false;
  const revived = victim.whenEnded().then(async () => {
    died = true;
    assert.equal(victim.exit?.signal, 'SIGKILL', `${app} was expected to die at ${point}`);
    await installation.disarm(app);
    victim.start();
    await victim.whenReady();
  });
  // Said while the story waits for a process that does not come back.
  revived.catch(() => undefined);
  const result = await story();
  const tired = new AbortController();
  const waited = sleep(patience, undefined, { signal: tired.signal }).then(() =>
    assert.fail(`${app} ${died ? 'died at' : 'never passed'} ${point}${died ? ' and is not back' : ''}`),
  );
  waited.catch(() => undefined);
  await Promise.race([revived, waited]).finally(() => tired.abort());
  return result;
}
