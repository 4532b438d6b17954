import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { CallFault } from '../calls/call.js';
import { Formats } from '../parts/formats.js';
import { missingText } from '../parts/missing-text.js';
import { languageFor } from '../parts/settings.js';
import { refusal } from '../parts/rights.js';
import { WordsProvider } from '../parts/words.js';
import { textsEn } from '../texts/texts-en.js';
import { afterKey, type KeyAction } from './keyboard.js';
import { safeReturn } from './safe-return.js';
import { StillSignedIn } from './sign-out.js';

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
    assert.deepEqual(typed(['g', 0], ['z', 100], ['m', 200]), [undefined, undefined, undefined]);
  });

  it('finds, moves, marks and helps by one', () => {
    assert.deepEqual(
      typed(['/', 0], ['j', 1], ['k', 2], ['x', 3], ['?', 4], ['z', 5]).map((action) => action?.kind),
      ['find', 'down', 'up', 'mark', 'help', undefined],
    );
  });
});

describe('A sign-out that failed', () => {
  it('is said with its code, and may be tried again', () => {
    const fault = new CallFault(503, { code: 'console.catalogue-away', message: 'No answer.' });
    const markup = renderToStaticMarkup(
      createElement(QueryClientProvider, { client: new QueryClient() }, [
        createElement(
          WordsProvider,
          { key: 'words', value: { t: textsEn, f: new Formats('en', 'UTC'), now: () => new Date(0) } },
          createElement(StillSignedIn, { fault, again: () => undefined }),
        ),
      ]),
    );
    for (const text of ['role="alert"', textsEn.shell.stillSignedIn, fault.code, textsEn.states.again])
      assert.ok(markup.includes(text), text);
  });
});

describe('An app that says nothing', () => {
  it('is named with the time since when, where that is known', () => {
    const f = new Formats('en', 'UTC');
    const one = { app: 'archiver', code: 'app.silent' as const, message: '' };
    assert.equal(missingText({ ...one, since: '' }, textsEn, f), 'archiver does not answer.');
    assert.match(
      missingText({ ...one, since: '2026-11-29T11:00:00Z' }, textsEn, f),
      /^archiver does not answer since 29 Nov 2026/,
    );
    assert.match(
      missingText({ ...one, code: 'app.refused', since: '' }, textsEn, f),
      /did not take the call/,
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
