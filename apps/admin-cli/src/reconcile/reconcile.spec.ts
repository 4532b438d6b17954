import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { chosen, operatedApps } from '../operations/operated-apps.js';
import { leftOf, linesOf, type AppReport, type RunAnswer } from './report.js';

describe('OPERATIONS_APPS_FILE', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'catena-apps-'))));
  after(() => rm(folder, { recursive: true, force: true }));
  async function written(text: string): Promise<string> {
    const file = join(folder, 'apps.yaml');
    await writeFile(file, text);
    return file;
  }

  it('names apps with their addresses and tokens, which may be in files beside it', async () => {
    await writeFile(join(folder, 'token'), 'from-file\n');
    const file = await written(
      'apps:\n- { name: archiver, url: "http://a:3002/", token: said }\n- { name: catalog-api, url: "https://c", tokenFile: token }\n',
    );
    const apps = await operatedApps(file);
    assert.deepEqual(apps, [
      { name: 'archiver', url: 'http://a:3002', token: 'said' },
      { name: 'catalog-api', url: 'https://c', token: 'from-file' },
    ]);
    assert.deepEqual(
      chosen(apps, 'catalog-api').map(({ name }) => name),
      ['catalog-api'],
    );
    assert.throws(() => chosen(apps, 'archivr'), {
      outcome: 'usage',
      message: /archiver, catalog-api.*archivr/,
    });
  });

  for (const [what, text, said] of [
    ['is no YAML', 'apps: [ {token: very-secret', /Expected YAML/],
    ['has no apps', 'other: very-secret', /a list `apps`/],
    ['has an app without a name', 'apps: [{ url: "http://a", token: very-secret }]', /a name/],
    [
      'has an address with a password',
      'apps: [{ name: a, url: "http://x:very-secret@a", token: t }]',
      /a url/,
    ],
    ['has a token twice', 'apps: [{ name: a, url: "http://a", token: very-secret, tokenFile: x }]', /either/],
    ['has no token', 'apps: [{ name: a, url: "http://a" }]', /either/],
    ['names a file that is not there', 'apps: [{ name: a, url: "http://a", tokenFile: nowhere }]', /to read/],
    [
      'names an app twice',
      'apps: [{ name: a, url: "http://a", token: very-secret }, { name: a, url: "http://b", token: t }]',
      /a twice/,
    ],
  ] as const)
    it(`is refused when it ${what}, and no secret is told`, async () => {
      const file = await written(text);
      await assert.rejects(operatedApps(file), (error: Error & { outcome?: string }) => {
        assert.equal(error.outcome, 'usage');
        assert.match(error.message, said);
        assert.doesNotMatch(error.message, /very-secret/);
        return true;
      });
    });

  it('is asked for when it is not named', () =>
    assert.rejects(operatedApps(undefined), { outcome: 'usage' }));
});

describe('The report of a reconciliation', () => {
  const check: RunAnswer['checks'][number] = {
    ...{ name: 'things', state: 'done', lookedAt: 3, findings: 0, repaired: 0, changed: 0, failed: 0 },
    ...{ watched: 0, skipped: [], notes: [] },
  };
  const report = (
    changes: Partial<RunAnswer['checks'][number]>,
    run: Partial<RunAnswer> = {},
  ): AppReport => ({
    app: 'archiver',
    run: { id: 'r', state: 'done', minAge: 1, kinds: {}, checks: [{ ...check, ...changes }], ...run },
  });

  it('counts as left what was not repaired, not looked at, or not known', () => {
    assert.equal(leftOf(report({})), 0);
    assert.equal(leftOf(report({ findings: 3, repaired: 3 })), 0);
    assert.equal(leftOf(report({ findings: 3, repaired: 1, changed: 1, failed: 1 })), 2);
    assert.equal(leftOf(report({ watched: 5, notes: ['other files'] })), 0, 'a later run judges it');
    assert.equal(leftOf(report({ skipped: ['disk is away'] })), 1);
    assert.equal(leftOf(report({ state: 'failed', fault: 'x' })), 1);
    assert.equal(leftOf(report({}, { state: 'broken' })), 1);
    assert.equal(leftOf({ app: 'archiver', fault: 'it did not answer' }), 1);
    assert.equal(leftOf({ app: 'publisher', none: true }), 0);
  });

  it('says of each finding what was expected, found and done', () => {
    const found = { kind: 'k', subject: 's', where: 'w', expected: 'e', found: 'f', remedy: 'removed' };
    const list = [
      { ...found, canRepair: true, outcome: 'found' },
      { ...found, canRepair: true, outcome: 'repaired' },
      { ...found, canRepair: false, outcome: 'found' },
      { ...found, canRepair: true, outcome: 'failed', fault: 'the share is read-only' },
    ] as const;
    assert.deepEqual(linesOf(report({ findings: 4, repaired: 1 }, { list })), [
      'archiver: things: 3 looked at, 4 found, 1 repaired',
      'archiver: k s (w): expected e; found f; with --apply: removed [left]',
      'archiver: k s (w): expected e; found f; removed [repaired]',
      'archiver: k s (w): expected e; found f; removed [left]',
      'archiver: k s (w): expected e; found f; removed [not repaired: the share is read-only]',
    ]);
  });
});
