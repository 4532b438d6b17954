import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Browser } from '../support/browser/browser.js';
import { ScicatApp } from './support/scicat-app.js';

/** Contract section 0.1, row "docs". */
describe('The explorer', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start();
  });
  after(() => app.stop());

  it('serves a page whose every part is served from here', async () => {
    const { status, text } = await app.anonymous.get('/explorer');
    assert.equal(status, 200);
    const parts = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
    assert.equal(parts.length, 3);
    for (const path of parts) {
      const part = await app.anonymous.get(path);
      assert.deepEqual([part.status, part.text.length > 100], [200, true], path);
    }
    assert.match((await app.anonymous.get('/explorer/start.js')).text, /url: '\/explorer-json'/);
  });

  it('runs and asks only what is served from here, and stands in no frame', async () => {
    const { headers } = await app.anonymous.get('/explorer');
    const policy = new Map(
      (headers.get('content-security-policy') ?? '').split('; ').map((rule) => {
        const [name = '', ...sources] = rule.split(' ');
        return [name, sources.join(' ')];
      }),
    );
    for (const [name, sources] of [
      ['default-src', "'none'"],
      ['script-src', "'self'"],
      ['connect-src', "'self'"],
      ['frame-ancestors', "'none'"],
      ['base-uri', "'none'"],
    ] as const)
      assert.equal(policy.get(name), sources, name);
  });

  it('shows every operation in a browser that keeps to its policy, and runs nothing that is put into it', async () => {
    const browser = await Browser.start();
    try {
      const page = await browser.page();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (/Content Security Policy/.test(message.text())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(`${app.base}/explorer`);
      const tag = page.locator('.opblock-tag', { hasText: 'auth' }).first();
      await tag.click();
      const operation = page.locator('#operations-auth-authControllerWhoamiV3');
      await operation.click();
      await operation.locator('.try-out__btn').click();
      await operation.locator('.execute').click();
      await operation.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
      assert.deepEqual(complaints, []);
      const hurt = await page.evaluate<boolean>(`(async () => {
        document.body.insertAdjacentHTML('beforeend', '<img src="x:" onerror="window.hurt = true">');
        const script = document.createElement('script');
        script.textContent = 'window.hurt = true';
        document.body.append(script);
        await new Promise((resolve) => requestAnimationFrame(resolve));
        return window.hurt === true;
      })()`);
      assert.equal(hurt, false);
    } finally {
      await browser.stop();
    }
  });

  it('serves the document whole and for each version', async () => {
    const paths = async (of: string): Promise<string[]> => {
      const { body } = await app.anonymous.get(`/explorer-json${of}`);
      return Object.keys(body['paths'] as object);
    };
    const [all, v3, v4] = [await paths(''), await paths('/v3'), await paths('/v4')];
    assert.ok(v3.length > 80 && v4.length > 40);
    assert.ok(
      v3.every((path) => path.startsWith('/api/v3/')) && v4.every((path) => path.startsWith('/api/v4/')),
    );
    assert.ok(all.length >= v3.length + v4.length);
  });
});
