import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formerPidName, pidAsName, pidOfName } from './pid-names.js';

/** Pids that are easily taken for each other: by the former names, by case, by dots, by accents, by escapes. */
const lookAlikes = [
  '20.500.12345/U',
  '20.500.12345_U',
  '20.500.12345/u',
  '20.500.12345_u',
  '20.500.12345%2FU',
  '20.500.12345%2fu',
  '20.500.12345,u',
  '20.500.12345=2fu',
  '20.500.12345=2cu',
  '20.500.12345/u.',
  '20.500.12345/u..',
  '20.500.12345/u ',
  '.20.500.12345/u',
  'a',
  'A',
  'a=',
  'a==',
  'a~',
  'a.',
  '.',
  '..',
  '~',
  '=',
  ',',
  '%',
  '%25',
  'é',
  'e\u0301',
  '\u00c9',
  'a\0b',
  'a\nb',
  'a\\b',
  'a/b/c',
  'a/b_c',
  'a_b/c',
  'a_b_c',
  'a//b',
  'ß',
  'ss',
  'K',
  '\u212a',
  '😀',
  '\ud83d',
  '\ude00',
  '\ufffd',
  'con',
  'x'.repeat(400),
  'x'.repeat(401),
  `${'x'.repeat(400)}/`,
  'é'.repeat(120),
  'É'.repeat(120),
];

/** As a share without case, without trailing dots and with one form of accents would see it. */
function asSeenByAnUnkindShare(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[. ]+$/, '');
}

/** A small generator of its own, so that a failure can be repeated. */
function pids(seed: number, count: number): string[] {
  let state = seed;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const alphabet = ['a', 'A', 'b', '/', '_', '~', '=', ',', '.', '%', '2', 'f', 'F', '-', 'é', ' ', '\ud800'];
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + next(6) }, () => alphabet[next(alphabet.length)]).join(''),
  );
}

describe('The name of a pid', () => {
  it('is readable for the pids that catalogues make', () => {
    assert.equal(pidAsName('20.500.12345/54ba8282-e919'), '20.500.12345,54ba8282-e919');
    assert.equal(pidAsName('20.500.12345/U_1'), '20.500.12345,=55=5f1');
    assert.equal(pidAsName('local'), 'local=');
  });

  it('differs for every two pids that differ, whatever the share ignores', () => {
    const all = [...new Set([...lookAlikes, ...pids(7, 20_000)])];
    const names = new Map<string, string>();
    for (const pid of all) {
      const name = asSeenByAnUnkindShare(pidAsName(pid));
      const other = names.get(name);
      assert.equal(other, undefined, `${JSON.stringify(pid)} and ${JSON.stringify(other)} share ${name}`);
      names.set(name, pid);
    }
  });

  it('is never the former name of any pid', () => {
    const all = [...new Set([...lookAlikes, ...pids(11, 5000)])];
    const former = new Set(all.map((pid) => asSeenByAnUnkindShare(formerPidName(pid))));
    for (const pid of all) assert.ok(!former.has(asSeenByAnUnkindShare(pidAsName(pid))), pid);
  });

  it('is a plain file name of bounded length', () => {
    for (const pid of [...lookAlikes, ...pids(13, 2000)])
      assert.match(pidAsName(pid), /^[a-z0-9.=,-]{1,255}$/);
  });

  it('refuses an empty pid', () => {
    assert.throws(() => pidAsName(''), { code: 'kernel.unsafe-pid' });
  });
});

describe('The former name of a pid', () => {
  it('is what older archive ids begin with', () => {
    assert.equal(formerPidName('20.500.11935/0a-b_c'), '20.500.11935_0a-b_c');
    assert.equal(formerPidName("a b*'\0;"), 'a%20b%2A%27%00%3B');
    assert.equal(formerPidName('a/😀'), 'a_%F0%9F%98%80');
  });
});

describe('The pid of a name', () => {
  it('is the one that has it, or none where nobody can say', () => {
    const known = lookAlikes.filter((pid) => pid !== '' && pidOfName(pidAsName(pid)) !== undefined);
    for (const pid of known) assert.equal(pidOfName(pidAsName(pid)), pid);
    assert.ok(known.length > lookAlikes.length / 2, `expected most of them, found ${known.length}`);
    assert.equal(pidOfName(pidAsName('x'.repeat(400))), undefined, 'a digest');
    for (const other of ['', '=', 'A=', '20.500.12345_u', 'a=2', 'a=zz', 'lost+found'])
      assert.equal(pidOfName(other), undefined, other);
  });
});
