import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ensureRoot } from '../root/make-root.js';
import { makeTracerFolder } from './entrance.js';
import { runCommand } from './run-command.js';
import { isRoot, sandboxed, serviceUid, type Entrance } from './sandbox.js';

/** Root of a usual container: may neither mount nor trace, and the tree is where all may enter. */
const AS_ROOT_OF_A_CONTAINER = `mount --bind "$1" "$2"; shift 2
exec setpriv --bounding-set=-sys_admin,-sys_ptrace --inh-caps=-all -- "$@"`;

let place: string;
let cached: string;

before(async () => {
  cached = await ensureRoot(process.env, () => undefined);
  place = await mkdtemp(join(tmpdir(), 'catena-ways-in-'));
  await chmod(place, 0o755);
  for (const folder of ['tree', 'data', 'data/etc', 'data/own']) await mkdir(join(place, folder));
  await writeFile(join(place, 'data/etc/passwd'), '');
  if (isRoot()) await chown(join(place, 'data/own'), serviceUid(), serviceUid());
  makeTracerFolder(join(place, 'data'));
});
after(() => rm(place, { recursive: true, force: true, maxRetries: 5 }));

/** What a program of the tree says that writes into its data and reads it back. */
async function inside(entrance: Entrance): Promise<string[]> {
  const tree = isRoot() ? join(place, 'tree') : cached;
  const command = [
    'sh',
    '-ec',
    'echo kept > /srv/own/file; id -u; stat -c %u /srv/own/file; cat /srv/own/file',
  ];
  const { program, parameters } = sandboxed(
    { root: tree, dataDirectory: join(place, 'data'), entrance },
    'TERM',
    command,
  );
  const container = [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '--',
    'sh',
    '-ec',
    AS_ROOT_OF_A_CONTAINER,
  ];
  const [first, ...others] = isRoot()
    ? [...container, 'sh', cached, tree, program, ...parameters]
    : [program, ...parameters];
  return runCommand(first as string, others, { environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
}

describe('somebody without the right to mount or to trace', () => {
  it('enters a tree by the tracer, where programs run as the user of the services', async () => {
    const uid = String(serviceUid());
    assert.deepEqual(await inside('proot'), [uid, uid, 'kept']);
  });

  it('enters it behind a user namespace as the same user, where the machine lets anybody make one', async () => {
    const uid = String(serviceUid());
    try {
      assert.deepEqual(await inside('user-namespaces'), [uid, uid, 'kept']);
    } catch (error) {
      // Not every machine does; then that is all it says.
      assert.match(String(error), /ended with 1:\n +unshare: .*(not permitted|denied|No space left)/);
    }
  });
});
