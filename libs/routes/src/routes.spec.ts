import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseRoutesFile } from './routes-file.js';
import { routesFrom } from './routes-from-environment.js';

const folder = mkdtempSync(join(tmpdir(), 'catena-routes-'));
after(() => rmSync(folder, { recursive: true }));

const text = `targets:
  - { name: disk, kind: share, options: { place: /mnt/disk }, limits: { write: 2, read: 3 } }
  - { name: tape-a, kind: tape, options: { place: /tapes/a } }
  - { name: tape-b, kind: tape, options: { place: /tapes/b } }
routes:
  - name: precious
    when: { jobTypes: archive, fields: { ownerGroup: [p1, p2] } }
    targets: [tape-a, tape-b, disk]
    copies: 2
  - name: large
    when: { minSize: 1KiB, maxSize: 1MiB, fields: { proposalId: '7' } }
    targets: [tape-b]
    priority: background
  - name: quick
    when: { jobTypes: retrieve }
    targets: [disk, tape-a]
    priority: urgent
`;
const { routes } = parseRoutesFile(text, 'f', { limit: 48 });
const question = { jobType: 'archive', fields: {}, bytes: 0 };

describe('A dataset', () => {
  it('goes by the first route that matches, to as many targets as there are copies', () => {
    const ofGroup = { ...question, fields: { ownerGroup: 'p2' } };
    assert.deepEqual(routes.routeFor(ofGroup), {
      ...{ route: 'precious', targets: ['tape-a', 'tape-b'], copies: 2, priority: 1 },
    });
    const withProposals = { ...question, fields: { proposalId: ['5', '7'] }, bytes: 1024 };
    assert.equal(routes.routeFor(withProposals).route, 'large');
    assert.equal(routes.routeFor({ ...withProposals, bytes: 2 ** 20 }).priority, 2);
  });

  it('for which SciCat asks for more copies gets them, and never fewer than its route makes', () => {
    const ofGroup = { ...question, fields: { ownerGroup: 'p1' } };
    assert.deepEqual(routes.routeFor({ ...ofGroup, tapeCopies: 3 }).targets, ['tape-a', 'tape-b', 'disk']);
    assert.equal(routes.routeFor({ ...ofGroup, tapeCopies: 1 }).copies, 2);
    assert.throws(() => routes.routeFor({ ...ofGroup, tapeCopies: 4 }), { code: 'routes.too-few-targets' });
  });

  it('that no route matches is told so', () => {
    for (const bytes of [1023, 2 ** 20 + 1])
      assert.throws(() => routes.routeFor({ ...question, fields: { proposalId: '7' }, bytes }), {
        code: 'routes.none',
        message: /none of precious, large, quick matches/,
      });
  });

  it('is read where its copies lie, in the order of the route for that, whether or not one matches', () => {
    const reading = { ...question, jobType: 'retrieve' };
    assert.deepEqual(routes.readingFor(reading, ['gone', 'tape-a', 'disk']), {
      ...{ route: 'quick', targets: ['disk', 'tape-a', 'gone'], priority: 0 },
    });
    assert.deepEqual(routes.readingFor(reading).targets, ['disk', 'tape-a']);
    assert.deepEqual(routes.readingFor({ ...reading, jobType: 'verify' }, ['tape-b']).targets, ['tape-b']);
  });
});

describe('Without ROUTES_FILE', () => {
  const only = routesFrom({ LTS_COPIES: '2', LIMIT_PER_TARGET: '5' });

  it('all goes by one route of LTS_COPIES, and commands name no targets', () => {
    const chosen = { route: 'default', targets: [], copies: 2, priority: 1 };
    assert.deepEqual(only.routeFor({ ...question, tapeCopies: 3 }), chosen);
    assert.equal(
      only.routeFor({ ...question, copiesOfJob: 3 }).copies,
      3,
      'more where the job asks for them',
    );
    assert.equal(only.routeFor({ ...question, copiesOfJob: 1 }).copies, 2);
    assert.deepEqual(only.readingFor(question, ['disk']), { route: 'default', targets: [], priority: 1 });
    assert.deepEqual(only.target('lts')?.limits, { write: 5, read: 5 });
  });
});

describe('ROUTES_FILE', () => {
  it('says which names are no targets; that of work which was planned before there was a file is one', () => {
    writeFileSync(join(folder, 'routes.yaml'), text);
    const found = routesFrom({ ROUTES_FILE: join(folder, 'routes.yaml'), LIMIT_PER_TARGET: '5' });
    assert.deepEqual(found.target('tape-a')?.limits, { write: 5, read: 5 });
    assert.deepEqual(found.unknownAmong(['disk', 'gone', 'lts', 'gone']), ['gone']);
  });

  it('that cannot be read, or is wrong, stops the start', () => {
    assert.throws(() => routesFrom({ ROUTES_FILE: join(folder, 'none.yaml') }), {
      code: 'kernel.configuration',
      message: /none\.yaml \(ROUTES_FILE\), found ENOENT/,
    });
    writeFileSync(join(folder, 'wrong.yaml'), text.replace('disk, kind', 'Disk, kind'));
    assert.throws(() => routesFrom({ ROUTES_FILE: join(folder, 'wrong.yaml') }), {
      code: 'kernel.configuration',
      message: /wrong\.yaml, line 2: `targets\[0\]\.name`/,
    });
  });
});
