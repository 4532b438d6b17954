import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuseForeign } from './security-headers.js';

const own = 'https://site.example';

describe('A request that changes something', () => {
  for (const headers of [
    { 'x-catena-console': '1', origin: own },
    { 'x-catena-console': '1', origin: own, 'sec-fetch-site': 'same-origin' },
    { 'x-catena-console': '1', 'sec-fetch-site': 'same-origin' },
  ])
    it(`is taken with ${JSON.stringify(headers)}`, () => {
      assert.doesNotThrow(() => refuseForeign({ headers }, own));
    });

  for (const headers of [
    {},
    { origin: own },
    { 'x-catena-console': '1' },
    { 'x-catena-console': '2', origin: own },
    { 'x-catena-console': '1', origin: 'https://evil.example' },
    { 'x-catena-console': '1', origin: 'https://site.example.evil.example' },
    { 'x-catena-console': '1', origin: 'http://site.example' },
    { 'x-catena-console': '1', origin: 'null', 'sec-fetch-site': 'same-origin' },
    { 'x-catena-console': '1', 'sec-fetch-site': 'same-site' },
    { 'x-catena-console': '1', 'sec-fetch-site': 'none' },
  ])
    it(`is refused with ${JSON.stringify(headers)}`, () =>
      assert.throws(
        () => refuseForeign({ headers }, own),
        /found another: open the console under that address/,
      ));
});
