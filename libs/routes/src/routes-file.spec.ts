import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseRoutesFile } from './routes-file.js';
import { routesFileIn } from './testing/generated-file.js';

const targets = `targets:
  - name: disk
    kind: share
    place: /mnt/disk
  - name: library
    kind: tape
    place: /data/tapes
`;
const routes = `routes:
  - name: default
    targets: [disk, library]
`;

const problemsOf = (text: string): readonly string[] => parseRoutesFile(text, 'routes.yaml', 8).problems;

describe('ROUTES_FILE', () => {
  it('says what job-assembler plans by, and apart from it where archivers find the targets', () => {
    const text = `targets:
  - name: disk
    kind: share
    place: /mnt/disk/
    marker: .mounted
    reserve: 2GiB
    formerNames: [/mnt/old]
    limits: { write: 3 }
    windows:
      - { from: 2026-12-24T08:00, to: 2026-12-24T18:00, timeZone: Europe/Zurich, reason: new controller }
      - { days: [sat, sun], hours: '22:00-04:00', timeZone: UTC }
  - { name: library, kind: tape, place: /data/tapes, mountCost: 90s, options: { drives: 2, cartridge: 18TiB } }
  - { name: partner, kind: outside }
routes:
  - name: big
    when: { jobTypes: archive, fields: { ownerGroup: [p1, p2], proposalId: 20260001 }, minSize: 1GiB }
    targets: [library, disk]
    copies: 2
    priority: background
    mail: [owner, operators@example.org]
  - name: default
    targets: [disk]
`;
    const { problems, routes: found, places } = parseRoutesFile(text, 'routes.yaml', 8);
    assert.deepEqual(problems, []);
    const [disk, library, partner] = found.targets;
    assert.deepEqual(disk, {
      ...{ name: 'disk', kind: 'share', limits: { write: 3, read: 8 }, mountCost: 0 },
      windows: [
        {
          ...{ kind: 'once', reason: 'new controller' },
          from: new Date('2026-12-24T07:00:00Z'),
          to: new Date('2026-12-24T17:00:00Z'),
        },
        { kind: 'weekly', days: [6, 7], from: 22 * 60, to: 240, timeZone: 'UTC', reason: 'maintenance' },
      ],
    });
    assert.equal(library?.mountCost, 90);
    assert.deepEqual(partner?.limits, { write: 8, read: 8 });
    assert.deepEqual(places[0], {
      ...{ name: 'disk', kind: 'share', place: '/mnt/disk', marker: '.mounted', reserve: 2 ** 31 },
      ...{ formerNames: ['/mnt/old'], options: {} },
    });
    assert.deepEqual(places[1]?.options, { drives: 2, cartridge: 18 * 2 ** 40 });
    assert.deepEqual(found.routes[0], {
      ...{ name: 'big', targets: ['library', 'disk'], copies: 2, priority: 2 },
      when: {
        ...{ jobTypes: ['archive'], minBytes: 2 ** 30 },
        fields: { ownerGroup: ['p1', 'p2'], proposalId: ['20260001'] },
      },
      mail: ['owner', 'operators@example.org'],
    });
  });

  for (const [what, text, line, expected] of [
    ['YAML that is none', 'targets: [', 1, /YAML that can be read/],
    ['a key twice', `${targets}${routes}targets: []\n`, 11, /Map keys must be unique/],
    ['an empty file', '', 1, /Expected the keys targets, routes, found null/],
    ['a list', '- one\n', 1, /Expected the keys targets, routes/],
    ['no routes', targets, 1, /the key `routes`.*Add it/],
    ['a mistyped key', `${targets}rotues: []\n`, 8, /`rotues`. Did you mean `routes`\?/],
    [
      'a name twice',
      `${targets}${routes}`.replace('name: library', 'name: disk'),
      5,
      /targets\[1\]\.name.*each name once.*line 2/,
    ],
    [
      'a place twice',
      `${targets}${routes}`.replace(
        'kind: tape\n    place: /data/tapes',
        'kind: share\n    place: /mnt/disk/',
      ),
      7,
      /each place once.*target disk \(line 2\)/,
    ],
    [
      'an unknown kind',
      `${targets}${routes}`.replace('kind: tape', 'kind: tapes'),
      6,
      /one of share, tape.*Did you mean "tape"\?/,
    ],
    [
      'a relative place',
      `${targets}${routes}`.replace('/mnt/disk', 'mnt/disk'),
      4,
      /`targets\[0\]\.place`: Expected an absolute path, found "mnt\/disk"/,
    ],
    [
      'a route to nowhere',
      `${targets}${routes.replace('library]', 'libary]')}`,
      10,
      /a target of this file \(disk, library\), found "libary". Did you mean "library"\?/,
    ],
    [
      'more copies than targets',
      `${targets}${routes}    copies: 3\n`,
      11,
      /as many targets as copies \(3\).*found 2 targets/,
    ],
    [
      'five copies',
      `${targets}${routes}    copies: 5\n`,
      11,
      /`routes\[0\]\.copies`: Expected a whole number from 1 to 4, found 5/,
    ],
    ['one target twice', `${targets}${routes.replace('library', 'disk')}`, 10, /each of the targets once/],
    [
      'a route after one that takes all',
      `${targets}${routes}  - { name: rest, targets: [disk] }\n`,
      11,
      /route default \(line 9\) takes everything before it/,
    ],
    [
      'a route within another one',
      `${targets}routes:\n  - { name: a, targets: [disk], when: { jobTypes: [archive, retrieve] } }\n  - { name: b, targets: [disk], when: { jobTypes: archive, minSize: 1GiB } }\n`,
      10,
      /move b before a/,
    ],
    [
      'a route name twice',
      `${targets}routes:\n  - { name: a, targets: [disk], when: { minSize: 1GiB } }\n  - { name: a, targets: [disk] }\n`,
      10,
      /each name of a route once/,
    ],
    [
      'an unknown field',
      `${targets}${routes}    when: { fields: { ownergroup: p1 } }\n`,
      11,
      /`ownergroup`. Did you mean `ownerGroup`\?/,
    ],
    [
      'a limit of none',
      `${targets.replace('place: /data', 'limits: { read: 0 }\n    place: /data')}${routes}`,
      7,
      /`targets\[1\]\.limits\.read`: Expected a whole number from 1/,
    ],
    [
      'an unknown time zone',
      `${targets}    windows: [{ days: [mon], hours: '01:00-02:00', timeZone: Mars/Base }]\n${routes}`,
      8,
      /an IANA time zone, found "Mars\/Base"/,
    ],
    [
      'a window that ends before it begins',
      `${targets}    windows: [{ from: 2026-01-02T00:00, to: 2026-01-01T00:00, timeZone: UTC }]\n${routes}`,
      8,
      /`to` after `from`/,
    ],
    [
      'a day that is none',
      `${targets}    windows: [{ from: 2026-02-30T00:00, to: 2026-03-01T00:00, timeZone: UTC }]\n${routes}`,
      8,
      /a date and a time such as/,
    ],
    [
      'a secret',
      `targets: [{ name: s, kind: s3, place: 'https://s3/bucket', options: { accessKey: a, secretKey: b } }]\nroutes: [{ name: r, targets: [s] }]\n`,
      1,
      /secretKey`. Secrets do not stand in this file/,
    ],
    [
      'an option of another kind',
      `${targets}    options: { region: eu }\n${routes}`,
      8,
      /one of the keys drives, cartridge.*`region`/,
    ],
    [
      'a place of an outside worker',
      `targets: [{ name: s, kind: outside, place: /mnt }]\nroutes: [{ name: r, targets: [s] }]\n`,
      1,
      /no such key of kind outside/,
    ],
    [
      'an address that is none',
      `${targets}${routes}    mail: [nobody]\n`,
      11,
      /a mail address, or the word owner/,
    ],
  ] as const)
    it(`is refused with ${what}, and the line is named`, () => {
      const problems = problemsOf(text);
      assert.ok(problems.length > 0, 'expected a problem');
      const named = problems.filter((problem) => problem.startsWith(`routes.yaml, line ${line}: `));
      assert.ok(
        named.some((problem) => expected.test(problem)),
        problems.join('\n'),
      );
    });

  it('has all of its problems told at once', () => {
    const text = `${targets.replace('share', 'shore')}routes:\n  - { name: A, targets: [nowhere], copies: 9 }\n`;
    assert.deepEqual(
      problemsOf(text).map((problem) => /`([^`]+)`/.exec(problem)?.[1]),
      ['targets[0].kind', 'routes[0].name', 'routes[0].targets[0]', 'routes[0].copies'],
    );
  });

  it('needs no route that takes all: who matches none is told so', () => {
    const text = `${targets}routes:\n  - { name: a, targets: [disk], when: { fields: { ownerGroup: p1 } } }\n`;
    assert.deepEqual(problemsOf(text), []);
  });

  it('of any kind comes back as it was written', () => {
    fc.assert(
      fc.property(routesFileIn, ({ file, expected }) => {
        const { problems, routes: found, places } = parseRoutesFile(stringify(file), 'f', expected.limit);
        assert.deepEqual(problems, []);
        assert.deepEqual({ targets: found.targets, routes: found.routes, places }, expected.parsed);
      }),
    );
  });

  it('of any kind in which one key is mistyped is refused, with its line', () => {
    fc.assert(
      fc.property(routesFileIn, fc.nat(), ({ file, expected }, chance) => {
        const lines = stringify(file).split('\n');
        const keys = lines.flatMap((line, index) => (/^[\s-]*[a-zA-Z]+:(\s|$)/.test(line) ? [index] : []));
        const at = keys[chance % keys.length]!;
        const corrupted = lines.with(
          at,
          lines[at]!.replace(/[a-zA-Z]+:/, (key) => `zz${key}`),
        );
        const { problems } = parseRoutesFile(corrupted.join('\n'), 'f', expected.limit);
        const named = problems.filter((problem) => problem.startsWith(`f, line ${at + 1}: `));
        assert.ok(
          named.some((problem) => problem.includes('one of the keys') && problem.includes('zz')),
          `expected line ${at + 1} (${lines[at]}) in:\n${problems.join('\n')}`,
        );
      }),
    );
  });
});
