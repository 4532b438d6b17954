import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { debianSource, UnsupportedHost, type Machine } from './host.js';

const debian: Machine = {
  platform: 'linux',
  architecture: 'x64',
  environment: {},
  release: new Map([
    ['PRETTY_NAME', 'Debian GNU/Linux 12 (bookworm)'],
    ['ID', 'debian'],
    ['VERSION_CODENAME', 'bookworm'],
  ]),
  hasProgram: () => true,
  hasFile: () => true,
  sources: () =>
    Promise.resolve([
      ['nodistro', 'main', '', 'http://elsewhere/node/'],
      ['bookworm', 'stable', '', 'http://elsewhere/docker/'],
      ['bookworm-security', 'main', 'Debian', 'http://mirror/security/'],
      ['bookworm', 'main', 'Debian', 'http://mirror/debian/'],
    ]),
};
const ubuntu: Machine = {
  ...debian,
  release: new Map([
    ['PRETTY_NAME', 'Ubuntu 24.04 LTS'],
    ['ID', 'ubuntu'],
    ['ID_LIKE', 'debian'],
    ['VERSION_CODENAME', 'noble'],
  ]),
  sources: () => Promise.resolve([['noble', 'main', '', 'http://mirror/ubuntu/']]),
};

async function said(machine: Machine): Promise<string> {
  const error: unknown = await debianSource(machine).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof UnsupportedHost);
  // Whatever is missing: there are two ways that need none of it.
  assert.match(error.message, /docker compose up[^]*set MONGODB_URI, RABBITMQ_URL and S3_ENDPOINT/);
  return error.message.split('\n')[0] ?? '';
}

describe('where a machine gets Debian packages from', () => {
  it('is the mirror it installs from itself, whose keys it has', async () =>
    assert.deepEqual(await debianSource(debian), {
      mirror: 'http://mirror/debian/',
      keyring: '/usr/share/keyrings/debian-archive-keyring.pgp',
      architecture: 'amd64',
    }));

  it('is found also where sources name a release by its state, and were never fetched', async () => {
    const machine = {
      ...debian,
      sources: () => Promise.resolve([['stable', 'main', '', 'http://mirror/debian/']]),
    };
    assert.equal((await debianSource(machine)).mirror, 'http://mirror/debian/');
  });

  it('is asked for on Ubuntu, whose own mirror is none of Debian', async () => {
    assert.equal(
      await said(ubuntu),
      'apt on this Ubuntu 24.04 LTS knows no Debian repository; set CATENA_DEBIAN_MIRROR to the address of a Debian mirror (what stands before "/dists/" in its addresses).',
    );
    const told = { ...ubuntu, environment: { CATENA_DEBIAN_MIRROR: 'http://given/debian' } };
    assert.equal((await debianSource(told)).mirror, 'http://given/debian');
  });

  it('is nowhere on a machine without apt, which is told what it lacks', async () =>
    assert.equal(
      await said({
        ...debian,
        release: new Map([['PRETTY_NAME', 'Fedora Linux 44']]),
        hasProgram: (name) => !['apt-get', 'dpkg-deb'].includes(name),
      }),
      'the local services are made of Debian packages and need a Debian, or a system made of one; this is Fedora Linux 44, without apt-get, dpkg-deb.',
    ));

  it('is nowhere on another kind of system', async () =>
    assert.equal(
      await said({ ...debian, platform: 'darwin', architecture: 'arm64', release: new Map() }),
      'the local services are made of Debian packages for Linux on x86-64 or arm64; this is darwin on arm64.',
    ));

  it('is of no use without the keys that prove packages: the package that has them is named', async () =>
    assert.equal(
      await said({ ...debian, hasFile: () => false }),
      'the keys by which Debian signs its packages are missing on this Debian GNU/Linux 12 (bookworm): expected /usr/share/keyrings/debian-archive-keyring.pgp or /usr/share/keyrings/debian-archive-keyring.gpg. Install the package debian-archive-keyring (apt-get install debian-archive-keyring).',
    ));
});
