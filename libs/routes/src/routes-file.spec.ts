import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseRoutesFile } from './routes-file.js';
import { adapters, routesFileIn } from './testing/generated-file.js';

const targets = `targets:
  - name: disk
    kind: share
    options: { place: /mnt/disk }
  - name: library
    kind: tape
    options:
      place: /data/tapes
`;
const routes = `routes:
  - name: default
    targets: [disk, library]
`;

const whole = `${targets}${routes}`;
const withWindow = (window: string): string => `${targets}    windows: [${window}]\n${routes}`;
const reading = { limit: 8, check: adapters };
const problemsOf = (text: string): readonly string[] =>
  parseRoutesFile(text, 'routes.yaml', reading).problems;

describe('ROUTES_FILE', () => {
  it('says what job-assembler plans by, and apart from it where archivers find the targets', () => {
    const text = `targets:
  - name: disk
    kind: share
    options: { place: /mnt/disk, marker: .mounted }
    reserve: 2GiB
    formerNames: [/mnt/old]
    limits: { write: 3 }
    windows:
      - { from: 2026-12-24T08:00, to: 2026-12-24T18:00, timeZone: Europe/Zurich, reason: new controller }
      - { days: [sat, sun], hours: '22:00-04:00', timeZone: UTC }
  - { name: library, kind: tape, mountCost: 90s, options: { place: /data/tapes, drives: 2 } }
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
    const { problems, routes: found, places } = parseRoutesFile(text, 'routes.yaml', reading);
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
      ...{ name: 'disk', kind: 'share', reserve: 2 ** 31, formerNames: ['/mnt/old'] },
      options: { place: '/mnt/disk', marker: '.mounted' },
    });
    assert.deepEqual(places[1]?.options, { place: '/data/tapes', drives: 2 });
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
    ['a key twice', `${targets}${routes}targets: []\n`, 12, /Map keys must be unique/],
    ['an empty file', '', 1, /Expected the keys targets, routes, found null/],
    ['a list', '- one\n', 1, /Expected the keys targets, routes/],
    ['no routes', targets, 1, /the key `routes`.*Add it/],
    ['a mistyped key', `${targets}rotues: []\n`, 9, /`rotues`. Did you mean `routes`\?/],
    [
      'a name twice',
      whole.replace('name: library', 'name: disk'),
      5,
      /targets\[1\]\.name.*each name once.*line 2/,
    ],
    [
      'a former name twice',
      whole.replace('kind: tape', 'kind: tape\n    formerNames: [disk]'),
      7,
      /formerNames.*each name once/,
    ],
    [
      'a place twice',
      whole.replace('kind: tape', 'kind: share').replace('/data/tapes', '/mnt/disk/'),
      8,
      /each place once.*target disk \(line 2\)/,
    ],
    [
      'an unknown kind',
      whole.replace('kind: tape', 'kind: tapes'),
      6,
      /one of share, tape.*Did you mean "tape"\?/,
    ],
    [
      'the reading of old copies of a storage that others operate',
      'targets: [{ name: s, kind: outside, scrub: off }]\nroutes: [{ name: r, targets: [s] }]\n',
      1,
      /no such key of kind outside/,
    ],
    [
      'a promise of hours',
      whole.replace(
        'options: { place: /mnt/disk }',
        'scrub: { within: 5h }\n    options: { place: /mnt/disk }',
      ),
      4,
      /`targets\[0\]\.scrub\.within`: Expected at least 1d, found "5h"/,
    ],
    [
      'a day of more than 24 hours',
      whole.replace(
        'options: { place: /mnt/disk }',
        'scrub: { hoursPerDay: 25 }\n    options: { place: /mnt/disk }',
      ),
      4,
      /a whole number from 0 to 24/,
    ],
    [
      'an option that its adapter refuses',
      whole.replace('/data', 'data'),
      8,
      /`targets\[1\]\.options\.place`: Expected an absolute path/,
    ],
    [
      'an option that is missing',
      whole.replace('place: /data', 'drives: 2 #'),
      7,
      /`targets\[1\]\.options`: Expected an absolute path/,
    ],
    [
      'an option that its adapter does not have',
      whole.replace('place: /data', 'palce: /data'),
      8,
      /`targets\[1\]\.options\.palce`/,
    ],
    [
      'an option beside `options`',
      whole.replace('kind: tape', 'kind: tape\n    place: /data'),
      7,
      /`place`. Write it below `options`/,
    ],
    ['no options', whole.replace('options: { place: /mnt/disk }', 'reserve: 1GiB'), 2, /the key `options`/],
    [
      'a reserve without a unit that is one',
      whole.replace('options: { place: /mnt/disk }', 'reserve: 1 GB'),
      4,
      /a size such as/,
    ],
    [
      'a route to nowhere',
      `${targets}${routes.replace('library]', 'libary]')}`,
      11,
      /a target of this file \(disk, library\), found "libary". Did you mean "library"\?/,
    ],
    [
      'more copies than targets',
      `${whole}    copies: 3\n`,
      12,
      /as many targets as copies \(3\).*found 2 targets/,
    ],
    [
      'five copies',
      `${whole}    copies: 5\n`,
      12,
      /`routes\[0\]\.copies`: Expected a whole number from 1 to 4, found 5/,
    ],
    ['one target twice', whole.replace('disk, library]', 'disk, disk]'), 11, /each of the targets once/],
    [
      'a route after some that take all sizes',
      `${targets}routes:\n  - { name: small, when: { maxSize: 1KiB }, targets: [disk] }\n  - { name: large, when: { minSize: 1KiB }, targets: [disk] }\n  - { name: rest, when: { fields: { owner: x } }, targets: [disk] }\n`,
      12,
      /routes small \(line 10\), large \(line 11\) together take everything before it/,
    ],
    [
      'a route after one that takes all',
      `${whole}  - { name: rest, targets: [disk] }\n`,
      12,
      /route default \(line 10\) takes everything before it/,
    ],
    [
      'a route within another one',
      `${targets}routes:\n  - { name: a, targets: [disk], when: { jobTypes: [archive, retrieve] } }\n  - { name: b, targets: [disk], when: { jobTypes: archive, minSize: 1GiB } }\n`,
      11,
      /move b before a/,
    ],
    [
      'a route name twice',
      `${targets}routes:\n  - { name: a, targets: [disk], when: { minSize: 1GiB } }\n  - { name: a, targets: [disk] }\n`,
      11,
      /each name of a route once/,
    ],
    [
      'an unknown field',
      `${whole}    when: { fields: { ownergroup: p1 } }\n`,
      12,
      /`ownergroup`. Did you mean `ownerGroup`\?/,
    ],
    [
      'sizes that no dataset has',
      `${whole}    when: { minSize: 2GiB, maxSize: 1GiB }\n`,
      12,
      /`maxSize` of at least `minSize`/,
    ],
    [
      'a limit of none',
      whole.replace('kind: tape', 'kind: tape\n    limits: { read: 0 }'),
      7,
      /`targets\[1\]\.limits\.read`: Expected a whole number from 1/,
    ],
    [
      'an unknown time zone',
      withWindow("{ days: [mon], hours: '01:00-02:00', timeZone: Mars/Base }"),
      9,
      /an IANA time zone, found "Mars\/Base"/,
    ],
    [
      'a window that ends before it begins',
      withWindow('{ from: 2026-01-02T00:00, to: 2026-01-01T00:00, timeZone: UTC }'),
      9,
      /`to` after `from`/,
    ],
    [
      'a day that is none',
      withWindow('{ from: 2026-02-30T00:00, to: 2026-03-01T00:00, timeZone: UTC }'),
      9,
      /a date and a time such as/,
    ],
    [
      'a window of both kinds',
      withWindow("{ from: 2026-02-01T00:00, days: [mon], hours: '01:00-02:00', timeZone: UTC }"),
      9,
      /no such key beside `days`/,
    ],
    [
      'a storage of an outside worker',
      'targets: [{ name: s, kind: outside, reserve: 1GiB }]\nroutes: [{ name: r, targets: [s] }]\n',
      1,
      /no such key of kind outside/,
    ],
    [
      'a route whose only copy goes to a storage that others operate',
      'targets: [{ name: s, kind: outside }]\nroutes: [{ name: r, targets: [s] }]\n',
      2,
      /`routes\[0\]\.targets`: Expected at least one target that archivers reach.*only copy.*Name such a target earlier/,
    ],
    [
      'a route whose first copies go to storages that others operate',
      `${targets}  - { name: s, kind: outside }\n  - { name: t, kind: outside }\nroutes:\n  - { name: r, targets: [s, t, disk], copies: 2 }\n`,
      12,
      /`routes\[0\]\.targets`.*first 2 copies/,
    ],
    [
      'two clients that do the same',
      `targets:\n  - { name: a, kind: command, options: { place: /s, commands: { put: [p] } } }\n  - { name: b, kind: command, options: { place: /s, commands: { put: [p] } } }\nroutes: [{ name: r, targets: [a, b] }]\n`,
      3,
      /each place once.*target a \(line 2\)/,
    ],
    ['an address that is none', `${whole}    mail: [nobody]\n`, 12, /a mail address, or the word owner/],
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

  it('a condition that is refused does not seem to take everything', () => {
    const [problem, ...others] = problemsOf(
      `${targets}routes:\n  - { name: a, targets: [disk], when: { minSize: 1MB } }\n  - { name: b, targets: [disk] }\n`,
    );
    assert.match(
      problem ?? '',
      /a size such as 500000, 64MiB or 500GiB, found "1MB"\. Write a whole number and its unit \(B, KiB/,
    );
    assert.deepEqual(others, []);
  });

  it('has all of its problems told at once', () => {
    const wrong = targets.replace('share', 'shore').replace('/data', 'data');
    const text = `${wrong}routes:\n  - { name: A, targets: [nowhere], copies: 9 }\n`;
    assert.deepEqual(
      problemsOf(text).map((problem) => /`([^`]+)`/.exec(problem)?.[1]),
      [
        ...['targets[0].kind', 'targets[1].options.place', 'routes[0].name'],
        ...['routes[0].targets[0]', 'routes[0].copies'],
      ],
    );
  });

  it('may send copies to storages that others operate beside one of its own', () => {
    const text = `${targets}  - { name: s, kind: outside }\nroutes:\n  - { name: r, targets: [s, disk], copies: 2 }\n`;
    const { problems, routes: found } = parseRoutesFile(text, 'f', reading);
    assert.deepEqual(problems, []);
    assert.deepEqual([found.outside, found.isOutside('s'), found.isOutside('disk')], [['s'], true, false]);
  });

  it('needs no route that takes all: who matches none is told so', () => {
    const text = `${targets}routes:\n  - { name: a, targets: [disk], when: { fields: { ownerGroup: p1 } } }\n`;
    assert.deepEqual(problemsOf(text), []);
  });

  it('of any kind comes back as it was written', () => {
    fc.assert(
      fc.property(routesFileIn, ({ file, expected }) => {
        const { problems, routes: found, places } = parseRoutesFile(stringify(file), 'f', expected.reading);
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
        const { problems } = parseRoutesFile(corrupted.join('\n'), 'f', expected.reading);
        const named = problems.filter((problem) => problem.startsWith(`f, line ${at + 1}: `));
        assert.ok(
          named.some((problem) => /one of the (keys|options)/.test(problem) && problem.includes('zz')),
          `expected line ${at + 1} (${lines[at]}) in:\n${problems.join('\n')}`,
        );
      }),
    );
  });
});
