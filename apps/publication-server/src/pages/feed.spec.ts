import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Site } from '../site/site.service.js';
import { atomFeed } from './feed.js';

describe('The feed of a search that finds nothing', () => {
  it('is dated by what it is told, not 1970', () => {
    const theme = { name: 'Data', tagline: '' };
    const site = { url: 'https://doi.example.org', theme } as unknown as Site;
    const feed = atomFeed(site, { search: 'q=x', words: 'x' }, [], new Date('2026-01-02T03:04:05Z'));
    assert.ok(feed.includes('<updated>2026-01-02T03:04:05.000Z</updated>'), feed);
    assert.doesNotMatch(feed, /1970/);
  });
});
