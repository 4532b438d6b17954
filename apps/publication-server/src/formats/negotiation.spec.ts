import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choose, chooseLanguage } from './negotiation.js';

const offers = ['text/html', 'application/json', 'application/ld+json', 'text/x-bibliography'].map(
  (mediaType) => ({
    mediaType,
    thing: mediaType,
  }),
);
const chosen = (accept: string | undefined): string | undefined => choose(accept, offers)?.thing;

describe('choose', () => {
  for (const [accept, expected] of [
    [undefined, 'text/html'],
    ['', 'text/html'],
    ['*/*', 'text/html'],
    ['application/json', 'application/json'],
    ['APPLICATION/LD+JSON', 'application/ld+json'],
    ['application/*', 'application/json'],
    ['text/html;q=0.5, application/json', 'application/json'],
    ['text/html;q=0.5, application/json;q=0.4', 'text/html'],
    ['*/*;q=0.1, application/ld+json;q=0.2', 'application/ld+json'],
    ['*/*, text/html;q=0', 'application/json'],
    ['text/html;q=0, */*;q=0', undefined],
    ['image/png', undefined],
    ['image/png, */*;q=0.01', 'text/html'],
    ['text/*;q=0.3, text/html;q=0.1, text/x-bibliography', 'text/x-bibliography'],
    ['nonsense', undefined],
    ['text/html;q=2, application/json;q=0.1', 'application/json'],
    ['*/json', undefined],
    ['text/html;level="1,2;q=0", application/json;q=0.9', 'text/html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
  ] as const)
    it(`${accept} → ${expected}`, () => assert.equal(chosen(accept), expected));

  it('gives the parameters of the range that was chosen', () =>
    assert.deepEqual(
      [...(choose('text/x-bibliography; style="ieee"; locale=de; q=0.9', offers)?.parameters ?? [])],
      [
        ['style', 'ieee'],
        ['locale', 'de'],
      ],
    ));

  it('looks at a bounded part of a header', () => {
    const long = `${'x/y,'.repeat(100_000)}application/json`;
    assert.equal(chosen(long), undefined);
  });
});

describe('chooseLanguage', () => {
  for (const [header, expected] of [
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-CH, fr;q=0.9', 'de'],
    ['fr, de;q=0.3', 'de'],
    ['de;q=0.2, en;q=0.8', 'en'],
    ['fr, *;q=0.5', 'en'],
    ['de;q=0', 'en'],
    ['de;q=abc', 'en'],
  ] as const)
    it(`${header} → ${expected}`, () => assert.equal(chooseLanguage(header, ['en', 'de']), expected));
});
