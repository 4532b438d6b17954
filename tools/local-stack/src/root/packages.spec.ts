import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chosenPackages, neededPackages } from './packages.js';

const line = (name: string, version = '1.0-1'): string =>
  `'http://mirror/pool/${name}.deb' ${name}_${version}_amd64.deb 1000 MD5Sum:00`;

describe('the packages of a tree', () => {
  it('are read from what apt would fetch, with versions as apt takes them back', () => {
    const noise = [
      'Reading package lists...',
      'The following NEW packages will be installed:',
      '  server library',
    ];
    assert.deepEqual(chosenPackages([...noise, line('server', '1%3a2.0-1')]), [
      { name: 'server', version: '1:2.0-1', file: 'server_1%3a2.0-1_amd64.deb', bytes: 1000 },
    ]);
  });

  const names = ['server', 'library', 'scripts', 'interpreter', 'mailer', 'common'];
  const descriptions = `Package: server
Depends: library (>= 2), scripts, default-mailer | mail-agent
Description: serves
 Depends: nothing, this is a text

Package: library
Pre-Depends: common:any

Package: scripts
Depends: interpreter, common

Package: mailer
Provides: something,
 mail-agent (= 1)`.split('\n');
  const needed = (leftOut: string[]): string[] =>
    neededPackages(chosenPackages(names.map((name) => line(name))), descriptions, ['server'], leftOut).map(
      ({ name }) => name,
    );

  it('are all that can be reached from those wanted, also by way of what a package provides', () =>
    assert.deepEqual(needed([]), names));
  it('leave out what only a left-out one needs, and keep what others need too', () =>
    assert.deepEqual(needed(['scripts']), ['server', 'library', 'mailer', 'common']));
  it('are left out by whole names', () =>
    assert.deepEqual(needed(['script', 'inter.*']).includes('scripts'), true));
});
