import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { Browser } from '../support/browser/browser.js';
import { datasetOf, fileLine, recordOf, resourceOf, withdrawnOf } from './support/public-records.js';
import { PublicSite } from './support/public-site.js';

const desktop = { viewport: { width: 1280, height: 800 }, locale: 'en-GB' };
const phone = { viewport: { width: 390, height: 800 }, locale: 'de-DE', isMobile: true, hasTouch: true };
const night = { viewport: { width: 1280, height: 800 }, locale: 'en-GB', colorScheme: 'dark' } as const;
const evil = '</script><img src=x onerror="window.hurt=true"><svg onload="window.hurt=true">\u202egpj.exe';
const dot =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

interface Violation {
  readonly id: string;
  readonly impact?: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** publication.md, section 6, checks 23 and 27: what a real browser does and finds. */
describe('The pages in Chromium', () => {
  let site: PublicSite;
  let browser: Browser;

  before(async () => {
    site = await PublicSite.start();
    browser = await Browser.start();
    const base = resourceOf('10.5072/full');
    const [ada, heinz, team] = base.creators;
    const resource = {
      ...base,
      titles: [{ title: 'X-ray tomography of a battery', lang: 'en' }],
      creators: [
        ada!,
        {
          ...heinz!,
          affiliation: [{ name: 'ETH Zürich', affiliationIdentifier: 'https://ror.org/05a28rw58' }],
        },
        team!,
      ],
      relatedIdentifiers: [
        { relatedIdentifier: '10.5072/old', relatedIdentifierType: 'DOI', relationType: 'IsNewVersionOf' },
        { relatedIdentifier: '10.1234/paper', relatedIdentifierType: 'DOI', relationType: 'IsSupplementTo' },
      ],
    };
    const pictures = [{ name: 'a.png', mediaType: 'image/png' as const, caption: 'A dot', base64: dot }];
    const files = Array.from({ length: 600 }, (_, index) =>
      fileLine(`raw/scan_${index}.tif`, { archiveId: 'here' }),
    );
    await site.put(recordOf('10.5072/full', { resource, pictures }), new Date(), files);
    await site.put(recordOf('10.5072/old'), new Date(), [fileLine('a.h5', { archiveId: 'tape' })]);
    const embargoUntil = new Date(Date.now() + 1e9).toISOString();
    await site.put(recordOf('10.5072/later', { embargoUntil, registered: false }));
    await site.put(withdrawnOf(recordOf('10.5072/gone'), { replacedBy: '10.5072/full' }));
    const hostile = resourceOf('10.5072/evil', {
      titles: [{ title: evil }],
      creators: [{ name: evil, affiliation: [{ name: evil }] }],
      subjects: [{ subject: evil }],
      descriptions: [{ description: evil, descriptionType: 'Abstract' }],
    });
    const dataset = datasetOf({ name: evil, description: evil, keywords: [evil] });
    await site.put(recordOf('10.5072/evil', { resource: hostile, datasets: [dataset] }));
    const long = 'wordwithoutanyspacestobreakat'.repeat(2000);
    await site.put(
      recordOf('10.5072/long', {
        resource: resourceOf('10.5072/long', {
          titles: [{ title: long }],
          creators: [{ name: long }],
          descriptions: [{ description: long, descriptionType: 'Abstract' }],
        }),
      }),
    );
    for (let index = 0; index < 30; index += 1) await site.put(recordOf(`10.5072/more/${index}`));
    await site.store.copies.insertOne({
      ...{
        _id: 'here',
        archiveId: 'here',
        members: 600,
        url: 'https://s3.example.org/x',
        size: 1,
        sha256: 'a',
      },
      expiresAt: new Date(Date.now() + 1e8),
    });
    await site.store.usage.insertOne({ _id: '10.5072/full', views: 1234, downloads: 56 });
    const now = new Date();
    await site.store.recalls.insertOne({
      ...{ _id: 'progress-1', doi: '10.5072/old', state: 'recalling', language: 'en', client: 'x' },
      ...{ requestedAt: now, updatedAt: now, bytesDone: 1, bytesTotal: 3 },
    });
  });
  after(async () => {
    await browser?.stop();
    await site?.stop();
  });

  const pages = {
    'the front page': '/',
    'a search': '/?q=crystal&instrument=TOMCAT',
    'a search without result': '/?q=nothingofthiskind',
    'a landing page': '/doi/10.5072/full',
    'an old version on tape': '/doi/10.5072/old',
    'a page under embargo': '/doi/10.5072/later',
    'a tombstone': '/doi/10.5072/gone',
    'a hostile record': '/doi/10.5072/evil',
    'an endless title': '/doi/10.5072/long',
    'a list of files': '/doi/10.5072/full/files?page=2',
    'a request form': '/doi/10.5072/old/request',
    'a progress page': '/requests/progress-1',
    'the page about the service': '/about',
    'a page that is not there': '/doi/10.5072/nosuch',
  };

  /** Opens a page and notes everything the browser complains about. */
  async function open(
    path: string,
    options: BrowserContextOptions,
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.page(options);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(site.url)) complaints.push(`a request to ${request.url()}`);
    });
    await page.goto(site.url + path);
    // A page that is gone or not there is meant to answer so.
    return { page, complaints: complaints.filter((text) => !/status of 4(04|10)/.test(text)) };
  }

  /** Pages that are looked at in every way; the others share their parts. */
  const inEveryWay: readonly string[] = [
    'the front page',
    'a landing page',
    'an endless title',
    'a request form',
  ];

  for (const [name, path] of Object.entries(pages))
    for (const [kind, options] of Object.entries(
      inEveryWay.includes(name) ? { desktop, phone, night } : { desktop },
    ))
      it(`${name}: accessible, whole and quiet (${kind})`, async () => {
        const { page, complaints } = await open(path, options);
        await page.evaluate(axe.source);
        const violations = await page.evaluate<Violation[]>(`axe
          .run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
          .then(({ violations }) => violations)`);
        assert.deepEqual(
          violations.map(({ id, impact, nodes }) => [id, impact, nodes[0]?.html, nodes[0]?.failureSummary]),
          [],
        );
        const overflow = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.ok(overflow <= 0, `${overflow} pixels beyond the edge`);
        assert.deepEqual(complaints, []);
        assert.equal(await page.evaluate('window.hurt'), undefined);
        await page.context().close();
      });

  it('runs nothing that a record brings along (23)', async () => {
    const { page, complaints } = await open(pages['a hostile record'], desktop);
    assert.equal(await page.locator('h1').textContent(), evil.replace('\u202e', ''));
    assert.equal(await page.locator('article img, article svg[onload]').count(), 0);
    assert.equal(await page.evaluate('window.hurt'), undefined);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('would run nothing even if a script came through', async () => {
    const { page } = await open(pages['a landing page'], desktop);
    const run = `const script = document.createElement('script'); script.textContent = 'window.hurt = true'; document.body.append(script); window.hurt`;
    assert.equal(await page.evaluate(run), undefined);
    await page.context().close();
  });

  it('shows another style of citation without script', async () => {
    const { page } = await open(pages['a landing page'], { ...desktop, javaScriptEnabled: false });
    assert.equal(await page.locator('.cite .text:visible').count(), 1);
    assert.match((await page.locator('.cite .text:visible').textContent()) ?? '', /^Lovelace, A\./);
    await page.getByText('IEEE', { exact: true }).click();
    assert.match((await page.locator('.cite .text:visible').textContent()) ?? '', /^A\. Lovelace,/);
    assert.equal(await page.getByRole('button', { name: 'Copy' }).count(), 0);
    await page.context().close();
  });

  it('can be used with the keyboard alone', async () => {
    const { page } = await open(pages['a landing page'], desktop);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'content');
    await page.locator('#cite-apa').focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('.cite .text:visible').getAttribute('class'), 'text chicago');
    await page.context().close();
  });

  it('leads from the search to a request and its progress', async () => {
    const { page } = await open('/', { ...desktop, javaScriptEnabled: false });
    await page.getByRole('searchbox').fill('rare crystal');
    await page.getByRole('button', { name: 'Search' }).click();
    assert.ok((await page.locator('.hit').count()) > 5);
    await page.goto(`${site.url}/doi/10.5072/old`);
    await page.getByRole('link', { name: 'Request the files' }).click();
    await page.getByRole('button', { name: 'Request the files' }).click();
    assert.match(page.url(), /\/requests\/[\w-]+$/);
    await page.getByText('Deutsch').click();
    assert.match((await page.locator('h1').textContent()) ?? '', /Ihre Anforderung/);
    await page.context().close();
  });

  it('prints without what paper cannot do', async () => {
    const { page } = await open(pages['a landing page'], desktop);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('.button:visible, nav:visible, fieldset:visible').count(), 0);
    assert.equal(await page.locator('.cite .text:visible').count(), 1);
    await page.context().close();
  });
});
