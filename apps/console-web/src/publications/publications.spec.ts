import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Formats } from '../parts/formats.js';
import { whileCalls } from '../testing/sent.js';
import { textsEn as t } from '../texts/texts-en.js';
import { compareDeed, retryDeed } from './publication-deeds.js';
import { publicationsSearchFrom, recallsFilter, unrestFilter } from './publications-search.js';

const f = new Formats('en', 'UTC');
const said = { reason: '', key: 'k', values: {} };

describe('The address of publications', () => {
  it('has all filters, and becomes what the publisher takes', () => {
    const search = publicationsSearchFrom({
      view: 'blocked',
      code: ' a.b ',
      recalls: 'failed',
      doi: '10.1/a',
    });
    assert.deepEqual(search, { view: 'blocked', code: 'a.b', recalls: 'failed', doi: '10.1/a' });
    assert.deepEqual(unrestFilter(search), { blocked: 'true', code: 'a.b' });
    assert.deepEqual(unrestFilter({ view: 'moving' }), { blocked: 'false' });
    assert.deepEqual(recallsFilter(search), { state: 'failed', doi: '10.1/a' });
    assert.deepEqual(publicationsSearchFrom({ view: 'all', code: '', recalls: 'x', doi: 7 }), {});
    assert.deepEqual([unrestFilter({}), recallsFilter({})], [{}, {}]);
  });
});

describe('A publication', () => {
  it('is retried whatever its DOI holds', async () => {
    const doi = '10.5072/a%2Fb?c#d';
    await whileCalls(
      () => ({ body: { doi } }),
      async (sent) => {
        const deed = retryDeed(t, 'publisher', doi);
        assert.deepEqual(deed.subjects, [doi]);
        await deed.run({ ...said, reason: 'mended' });
        const [, , , part = ''] = sent[0]?.path.split('/') ?? [];
        assert.equal(decodeURIComponent(part), doi);
        assert.deepEqual(
          [sent[0]?.path.endsWith('/retry'), sent[0]?.key, sent[0]?.body],
          [true, 'k', { reason: 'mended' }],
        );
      },
    );
  });

  it('is compared, and what was found is said', async () => {
    const findings = [
      [
        { checked: { publications: 2, dois: 1, skipped: 0, doisLeft: 0 }, missed: 0, unknown: [] },
        /2 publications and 1 DOIs were compared. What was compared agrees.$/,
      ],
      [
        { checked: { publications: 9, dois: 5, skipped: 3, doisLeft: 7 }, missed: 0, unknown: [] },
        /3 publications are blocked or under way.*not asked about 7 DOIs.*What was compared agrees/,
      ],
      [{ checked: { publications: 0, dois: 0, skipped: 3, doisLeft: 0 } }, /^0 publications.*left out\.$/],
      [
        { checked: { publications: 1, dois: 0 }, unknown: ['x', 'y'], unknownCount: 1234 },
        /left out is not known.*1,234 on the public pages/,
      ],
      [{ checked: {}, missed: 1, drifted: 2, unknown: ['x'] }, /3 differed.*1 on the public pages/],
      [{}, /^undefined$/],
      [null, /^undefined$/],
    ] as const;
    for (const [body, text] of findings)
      await whileCalls(
        () => ({ body }),
        async (sent) => {
          assert.match(String(await compareDeed(t, f, 'publisher').run(said)), text);
          assert.equal(sent[0]?.path, 'operations/publisher/publications/compare');
        },
      );
  });

  it('that cannot be retried says why', async () => {
    const body = { code: 'operations.not-there', message: 'none that is known here' };
    await whileCalls(
      () => ({ status: 404, body }),
      async () => {
        await assert.rejects(retryDeed(t, 'publisher', 'x').run(said), {
          status: 404,
          message: body.message,
        });
      },
    );
  });
});
