import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { languageFor } from '../parts/settings.js';
import { refusal } from '../parts/rights.js';
import { textsEn } from '../texts/texts-en.js';
import { afterKey, type KeyAction } from './keyboard.js';
import { safeReturn } from './safe-return.js';

describe('After signing in', () => {
  it('a person comes back to the page', () => {
    assert.equal(safeReturn('/jobs/x?y=1'), '/jobs/x?y=1');
    assert.equal(safeReturn('/console/jobs'), '/jobs');
    assert.equal(safeReturn('/console'), '/');
    assert.equal(safeReturn('/console?a=b'), '/?a=b');
  });

  it('nobody is led to another site, or back to signing in', () => {
    for (const bad of [
      ...[undefined, '', 'https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)'],
      ...[
        '/console//evil.example',
        '/console/\\evil.example',
        '/sign-in',
        '/sign-in?returnTo=x',
        '/a\tb',
        `/${'x'.repeat(4001)}`,
      ],
    ])
      assert.equal(safeReturn(bad), '/', bad);
  });
});

describe('The language', () => {
  it('is the chosen one, else the first that is asked for and offered, else the installation’s', () => {
    assert.equal(languageFor('de', ['en-GB'], ['en', 'de']), 'de');
    assert.equal(languageFor(undefined, ['fr', 'de-CH', 'en'], ['en', 'de']), 'de');
    assert.equal(languageFor(undefined, ['fr'], ['de', 'en']), 'de');
    assert.equal(languageFor('de', ['de'], ['en']), 'en');
    assert.equal(languageFor('xx', [], []), 'en');
  });
});

describe('The keyboard', () => {
  const typed = (...keys: readonly (readonly [string, number])[]): (KeyAction | undefined)[] => {
    let state = {};
    return keys.map(([key, at]) => {
      const step = afterKey(state, key, at);
      state = step.state;
      return step.action;
    });
  };

  it('goes to pages by two keys in a row', () => {
    assert.deepEqual(typed(['g', 0], ['j', 500]), [undefined, { kind: 'go', to: '/jobs' }]);
    assert.deepEqual(typed(['g', 0], ['j', 5000]), [undefined, { kind: 'down' }]);
    assert.deepEqual(typed(['g', 0], ['q', 100], ['m', 200]), [undefined, undefined, undefined]);
  });

  it('finds, moves, marks and helps by one', () => {
    assert.deepEqual(
      typed(['/', 0], ['j', 1], ['k', 2], ['x', 3], ['?', 4], ['z', 5]).map((action) => action?.kind),
      ['find', 'down', 'up', 'mark', 'help', undefined],
    );
  });
});

describe('What a person may not do', () => {
  const session = {
    username: 'anna',
    groups: ['p1'],
    permissions: [
      { action: 'job.cancel' as const, rule: '#jobOwnerGroup', reach: 'own' as const, jobTypes: ['archive'] },
      { action: 'job.priority' as const, rule: 'operator', reach: 'all' as const },
    ],
  };

  it('is said with the rule, and what is allowed is not', () => {
    const cancel = (about: object) => refusal(session, 'job.cancel', textsEn, about);
    assert.equal(cancel({ type: 'archive', ownerUser: 'anna' }), undefined);
    assert.equal(cancel({ type: 'archive', ownerGroup: 'p1' }), undefined);
    assert.match(cancel({ type: 'archive', ownerUser: 'bert', ownerGroup: 'p2' }) ?? '', /#jobOwnerGroup/);
    assert.match(cancel({ type: 'retrieve', ownerUser: 'anna' }) ?? '', /archive/);
    assert.match(refusal(session, 'job.retry', textsEn) ?? '', /job\.retry/);
    assert.equal(refusal(session, 'job.priority', textsEn, { ownerUser: 'bert' }), undefined);
  });
});
