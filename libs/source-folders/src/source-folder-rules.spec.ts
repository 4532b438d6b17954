import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { accountsOnDisk } from './folder-owners.js';
import { missingRulesAdvice, sourceFolderRulesFrom } from './rules-from-environment.js';
import type { Ownership, SourceFolderRules } from './source-folder-rules.js';

const folder = mkdtempSync(join(tmpdir(), 'catena-rules-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function rulesOf(yaml: string, roots = ''): SourceFolderRules {
  const file = join(folder, 'rules.yaml');
  writeFileSync(file, yaml);
  return sourceFolderRulesFrom({ SOURCE_FOLDERS_FILE: file, SOURCE_FOLDER_ROOTS: roots });
}

const of = (ownerGroup: string, others: Partial<Ownership> = {}): Ownership => ({
  ownerGroup,
  proposalIds: [],
  instrumentIds: [],
  ...others,
});

const byGroup = "- root: /data/\n  pattern: 'raw/{ownerGroup}'\n";

describe('Rules of source folders', () => {
  it('admit the folder of the owner group and what lies below it, and no other', () => {
    const rules = rulesOf(byGroup);
    for (const path of ['/data/raw/p1', '/data/raw/p1/', '/data/raw/p1/run/2'])
      assert.equal(rules.refusal(path, of('p1')), undefined, path);
    for (const path of [
      '/data/raw/p2',
      '/data/raw/p12',
      '/data/raw/P1',
      '/data/raw',
      '/data',
      '/data/other/p1',
      '/data/raw/p1/../p2',
      '/data/raw//p1',
      '/data/raw/./p1',
      '/elsewhere/raw/p1',
      'data/raw/p1',
    ])
      assert.notEqual(rules.refusal(path, of('p1')), undefined, path);
  });

  it('never read a value as a pattern or a path', () => {
    const rules = rulesOf(byGroup);
    for (const group of ['*', '', '..', 'p1/x', '{proposalId}', '$&'])
      assert.notEqual(rules.refusal('/data/raw/p1', of(group)), undefined, group);
    assert.notEqual(rules.refusal('/data/raw/p1/x', of('p1/x')), undefined);
  });

  it('know proposals, instruments, stars and text around a value', () => {
    const rules = rulesOf("- { root: /sls, pattern: '{instrumentId}/*/data_{proposalId}' }");
    const dataset = of('p1', { proposalIds: ['20250001', '20250002'], instrumentIds: ['x06sa'] });
    assert.equal(rules.refusal('/sls/x06sa/2025/data_20250002/run', dataset), undefined);
    assert.notEqual(rules.refusal('/sls/x06sa/2025/data_20250003', dataset), undefined);
    assert.notEqual(rules.refusal('/sls/x06da/2025/data_20250001', dataset), undefined);
    assert.ok(rules.asksForProposals);
  });

  it('ask the file system for the owner, where somebody can look', () => {
    const rules = rulesOf('- { root: /data, owner: on-disk }');
    const owned = (user?: string, group?: string) => rules.refusal('/data/x', of('p1'), { user, group });
    assert.equal(owned('anna', 'p1'), undefined);
    assert.equal(owned('p1', 'users'), undefined);
    assert.match(owned('anna', 'p2') ?? '', /belongs to anna and group p2 on disk, not to "p1"/);
    assert.notEqual(owned(undefined, undefined), undefined);
    assert.notEqual(rules.refusal('/data/x', of(''), { user: '', group: '' }), undefined);
    assert.equal(rules.refusal('/data/x', of('p1')), undefined, 'the planner cannot look; the archiver will');
  });

  it('are each enough', () => {
    const rules = rulesOf(`${byGroup}- { root: /data/shared, owner: on-disk }`);
    assert.equal(rules.refusal('/data/shared/x', of('p1'), { user: 'a', group: 'p1' }), undefined);
    assert.equal(rules.refusal('/data/raw/p1', of('p1'), { user: 'a', group: 'other' }), undefined);
  });

  it('refuse every folder when only roots are set, and say which lines to add', () => {
    const rules = sourceFolderRulesFrom({ SOURCE_FOLDER_ROOTS: '/data/, /more' });
    assert.ok(rules.covers('/data/raw/p1'));
    assert.ok(!rules.covers('/database/x'));
    assert.match(rules.refusal('/data/raw/p1', of('p1')) ?? '', /no entry of SOURCE_FOLDERS_FILE/);
    const advice = missingRulesAdvice(rules) ?? '';
    assert.match(advice, /- root: \/data\n {2}pattern: '\{ownerGroup\}'\n- root: \/more/);
    assert.equal(missingRulesAdvice(rulesOf(byGroup, '/data')), undefined);
  });

  for (const [what, yaml] of [
    ['an entry that lets everybody read everything', '- { root: /data }'],
    ['an instrument alone, which is everybody’s', "- { root: /data, pattern: '{instrumentId}' }"],
    ['a star beside a value', "- { root: /data, pattern: '{ownerGroup}*' }"],
    ['two values side by side', "- { root: /data, pattern: '{ownerGroup}{proposalId}' }"],
    ['a placeholder it does not know', "- { root: /data, pattern: '{ownerGroup}/{user}' }"],
    ['a pattern that climbs', "- { root: /data, pattern: '../{ownerGroup}' }"],
    ['a relative root', "- { root: data, pattern: '{ownerGroup}' }"],
    ['a root that climbs', "- { root: /data/.., pattern: '{ownerGroup}' }"],
    ['a marker that is no name', '- { root: /data, owner: on-disk, marker: a/b }'],
    ['a key it does not know', "- { root: /data, patern: '{ownerGroup}', owner: on-disk }"],
    ['another kind of owner', '- { root: /data, owner: anybody }'],
    ['no list', 'root: /data'],
    ['no YAML', '- ['],
  ] as const) {
    it(`do not start with ${what}`, () =>
      assert.throws(() => rulesOf(yaml), { code: 'kernel.configuration' }));
  }
});

describe('Accounts on disk', () => {
  it('have the names that the system knows, and none that it does not', async () => {
    const accounts = accountsOnDisk();
    const { uid, username } = userInfo();
    assert.equal(await accounts.name('passwd', uid), username);
    assert.equal(await accounts.name('passwd', uid), username);
    assert.equal(await accounts.name('group', 3_999_999_999), undefined);
  });
});
