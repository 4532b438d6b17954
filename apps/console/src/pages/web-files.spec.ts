import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { webFilesIn } from './web-files.js';

describe('The files of the browser part', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'catena-web-'));
    mkdirSync(join(folder, 'assets', 'below'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(join(folder, 'assets', 'main-ABCD1234.js'), 'x'.repeat(1000));
    writeFileSync(join(folder, 'assets', 'main-ABCD1234.js.map'), '{}');
    writeFileSync(join(folder, 'assets', 'icon.svg'), '<svg/>');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are read once, with what a browser needs to know of them', () => {
    const { index, assets, problem } = webFilesIn(folder);
    assert.equal(problem, undefined);
    assert.equal(index?.type, 'text/html; charset=utf-8');
    assert.deepEqual([...assets.keys()].sort(), ['icon.svg', 'main-ABCD1234.js']);
    const script = assets.get('main-ABCD1234.js');
    assert.equal(script?.lasting, true);
    assert.equal(gunzipSync(script?.packed ?? Buffer.alloc(0)).toString(), 'x'.repeat(1000));
    const icon = assets.get('icon.svg');
    assert.deepEqual([icon?.lasting, icon?.packed], [false, undefined]);
    assert.notEqual(icon?.etag, script?.etag);
  });

  it('are missed by name', () => {
    const { index, problem } = webFilesIn(join(folder, 'nowhere'));
    assert.equal(index, undefined);
    assert.match(problem ?? '', /nowhere \(CONSOLE_WEB_FOLDER\)/);
  });
});
