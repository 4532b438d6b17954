import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changelogOf } from './changelog.js';

const commits = (...subjects: string[]): { hash: string; subject: string }[] =>
  subjects.map((subject, index) => ({ hash: `abc${index}`, subject }));

describe('The changelog', () => {
  it('lists what users notice, by version and kind, and nothing else', () => {
    const page = changelogOf([
      { version: undefined, date: '2026-03-01', commits: commits('test: more of them') },
      {
        version: '0.2.0',
        date: '2026-02-01',
        commits: commits(
          'fix(cli): a <b> and a *',
          'feat: x',
          'docs: y',
          'Merge branch z',
          'refactor(api)!: gone',
        ),
      },
      { version: '0.1.0', date: '2026-01-01', commits: commits('perf(api): quick') },
    ]);
    assert.doesNotMatch(page, /Not released|more of them|docs: y|Merge/);
    const [, second = '', first = ''] = page.split(/^## /m);
    assert.equal(
      second,
      [
        '0.2.0 (2026-02-01)',
        '### Asks for something\n\n- **api:** gone (abc4)',
        '### New\n\n- x (abc1)',
        '### Mended\n\n- **cli:** a \\<b\\> and a \\* (abc0)\n\n',
      ].join('\n\n'),
    );
    assert.equal(first, '0.1.0 (2026-01-01)\n\n### Faster\n\n- **api:** quick (abc0)\n');
  });
});
