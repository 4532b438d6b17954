import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askedPath, encodedPath } from './paths.js';

const prefix = '/console/api/catalogue/';

describe('The path of a call that is passed on', () => {
  for (const [written, sent] of [
    ['jobs/rows', 'jobs/rows'],
    ['datasets/20.500.12345%2Fa%20b', 'datasets/20.500.12345%2Fa%20b'],
    ['datasets/a%252Fb', 'datasets/a%252Fb'],
    ['works/job-1%2F0%2F3', 'works/job-1%2F0%2F3'],
    ['datasets/a:b@c', 'datasets/a%3Ab%40c'],
    ['%6aobs/rows', 'jobs/rows'],
    ['jobs/x%3Fy%23z', 'jobs/x%3Fy%23z'],
  ] as const)
    it(`${written} is sent as ${sent}`, () => {
      const asked = askedPath(`${prefix}${written}?limit=2&status=a%26b`, prefix);
      assert.equal(encodedPath(asked?.segments ?? []), sent);
      assert.equal(asked?.query, '?limit=2&status=a%26b');
    });

  for (const odd of [
    ...['', 'jobs/', '/jobs', 'jobs//rows', 'jobs/../users', 'jobs/%2e%2e/users', 'jobs/.', 'jobs/%2E'],
    ...[
      'jobs/a%2F..%2Fb',
      'jobs/..%2F..%2Fusers',
      'jobs/%2Fetc',
      'jobs/a%2F',
      'jobs/%',
      'jobs/%zz',
      'jobs/%c3',
    ],
    ...[
      'jobs/a%00',
      'jobs/a%0d%0ab',
      'jobs/a\\..\\b',
      'jobs/a%5Cb',
      'a/b/c/d/e/f/g/h/i',
      `jobs/${'x'.repeat(2001)}`,
    ],
    ...['jobs/rows?a?b', 'jobs/rows#x'],
  ])
    it(`is none when it is written ${JSON.stringify(odd.slice(0, 40))}`, () =>
      assert.equal(askedPath(`${prefix}${odd}`, prefix), undefined));

  it('may name a folder where shares are called so, and still nothing above it', () => {
    const of = (path: string) => askedPath(`${prefix}${path}`, prefix, true);
    const path = 'shares/%2Flts%2Ftape0/mode';
    assert.equal(encodedPath(of(path)?.segments ?? []), path);
    for (const odd of ['%2F', '%2F%2Flts', '%2F..%2Flts', '%2Flts%2F', '%2F.', ''])
      assert.equal(of(`shares/${odd}/mode`), undefined, odd);
  });

  it('is none below another prefix', () =>
    assert.equal(askedPath('/console/api/other/jobs', prefix), undefined));
});
