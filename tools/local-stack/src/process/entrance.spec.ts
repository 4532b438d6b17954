import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UnsupportedHost } from '../root/host.js';
import { firstThatWorks, refuseBarred } from './entrance.js';
import type { Entrance } from './sandbox.js';

const refusing =
  (...refused: Entrance[]) =>
  (entrance: Entrance): Promise<void> =>
    refused.includes(entrance)
      ? Promise.reject(new Error(`${entrance} ended with 1:\n  Operation not permitted`))
      : Promise.resolve();

describe('the way into a tree', () => {
  it('is by our own namespaces, else by bubblewrap, else by a tracer', async () => {
    const first = (...refused: Entrance[]): Promise<Entrance> =>
      firstThatWorks(refusing(...refused), () => undefined, false);
    assert.equal(await first(), 'namespaces');
    assert.equal(await first('namespaces'), 'bwrap');
    assert.equal(await first('namespaces', 'bwrap'), 'proot');
  });

  it('is for root, whom a container refuses plain namespaces, behind a user namespace as well', async () => {
    const first = (...refused: Entrance[]): Promise<Entrance> =>
      firstThatWorks(refusing(...refused), () => undefined, true);
    assert.equal(await first(), 'namespaces');
    assert.equal(await first('namespaces'), 'user-namespaces');
    assert.equal(await first('namespaces', 'user-namespaces'), 'bwrap');
    assert.equal(await first('namespaces', 'user-namespaces', 'bwrap'), 'proot');
  });

  const everything = refusing('namespaces', 'user-namespaces', 'bwrap', 'proot');
  const said = async (settings: Readonly<Record<string, number>>, root = false): Promise<string> => {
    const error: unknown = await firstThatWorks(everything, (file) => settings[file], root).catch(
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof UnsupportedHost);
    return error.message;
  };

  it('that a kernel refuses is explained by the setting to change, and what else there is', async () => {
    const message = await said({
      'kernel/apparmor_restrict_unprivileged_userns': 1,
      'kernel/unprivileged_userns_clone': 1,
      'user/max_user_namespaces': 0,
    });
    assert.equal(
      message.split('\n').slice(0, 5).join('\n'),
      `this machine lets us into the services' Debian tree by no way:
  namespaces: namespaces ended with 1: Operation not permitted
  bwrap: bwrap ended with 1: Operation not permitted
  proot: proot ended with 1: Operation not permitted
To allow one, as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 && sysctl -w user.max_user_namespaces=10000 (now: 1, 0).`,
    );
    assert.match(message, /docker compose up[^]*set MONGODB_URI/);
  });

  it('that a container refuses is explained by the options to start it with', async () =>
    assert.match(await said({}), /in a container, start it with --security-opt seccomp=unconfined/));

  it('that is refused to root is one that a container refuses', async () => {
    const line = (message: string): string => message.split('\n')[5] ?? '';
    const options =
      'To allow one, start the container with --privileged, or with --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined; or run this as another user than root';
    assert.equal(line(await said({}, true)), `${options}.`);
    assert.equal(
      line(await said({ 'user/max_user_namespaces': 0 }, true)),
      `${options}; on the machine around it: sysctl -w user.max_user_namespaces=10000 (now: 0).`,
    );
  });

  it('does not lead through a folder that the services may not enter, which is named', async () => {
    const place = await mkdtemp(join(tmpdir(), 'catena-barred-'));
    try {
      const [closed, tree] = [join(place, 'closed'), join(place, 'closed/cache/tree')];
      await mkdir(tree, { recursive: true });
      await chmod(place, 0o755);
      await chmod(closed, 0o700);
      const nobody = 64_744;
      assert.throws(
        () => refuseBarred(tree, nobody, 'CATENA_CACHE'),
        new Error(
          `the services run as user 64744, who may not enter ${closed} on the way to ${tree}; choose a place that all may enter by CATENA_CACHE`,
        ),
      );
      await chmod(closed, 0o711);
      refuseBarred(tree, nobody, 'CATENA_CACHE');
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  });
});
