import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnsupportedHost } from '../root/host.js';
import { firstThatWorks } from './entrance.js';
import type { Entrance } from './sandbox.js';

const refusing =
  (...refused: Entrance[]) =>
  (entrance: Entrance): Promise<void> =>
    refused.includes(entrance)
      ? Promise.reject(new Error(`${entrance} ended with 1:\n  Operation not permitted`))
      : Promise.resolve();

describe('the way into a tree', () => {
  it('is by our own namespaces, else by bubblewrap, else by a tracer', async () => {
    assert.equal(await firstThatWorks(refusing()), 'namespaces');
    assert.equal(await firstThatWorks(refusing('namespaces')), 'bwrap');
    assert.equal(await firstThatWorks(refusing('namespaces', 'bwrap')), 'proot');
  });

  const everything = refusing('namespaces', 'bwrap', 'proot');
  const said = async (settings: Readonly<Record<string, number>>): Promise<string> => {
    const error: unknown = await firstThatWorks(everything, (file) => settings[file]).catch(
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
});
