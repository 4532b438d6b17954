import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
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
