import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { metadataIn } from './metadata-file.js';

describe('A metadata file', () => {
  let base: string;
  before(() => (base = mkdtempSync(join(tmpdir(), 'catena-metadata-'))));
  after(() => rmSync(base, { recursive: true, force: true }));

  const file = (content: string | Buffer): string => {
    writeFileSync(join(base, 'm.json'), content);
    return join(base, 'm.json');
  };

  it('is a JSON object, with or without the mark that some editors put before it', async () => {
    assert.deepEqual(await metadataIn(file('{"a":"ü"}'), 'a'), { a: 'ü' });
    assert.deepEqual(await metadataIn(file('\uFEFF{"a":1}'), 'a'), { a: 1 });
  });
  for (const [what, content] of [
    ['a list', '[]'],
    ['nothing', ''],
    ['half of an object', '{"a":'],
    ['letters that are not UTF-8', Buffer.from('{"a":"\xe9"}', 'latin1')],
  ] as const)
    it(`that holds ${what} is wrong usage, and named`, async () => {
      await assert.rejects(metadataIn(file(content), 'a'), { code: 'cli.usage', message: /m\.json/ });
    });
  it('that is not there, or is a folder, is wrong usage, with a sentence', async () => {
    const missing = { code: 'cli.usage', message: /missing\.json \(--metadata\), found nothing there/ };
    await assert.rejects(metadataIn(join(base, 'missing.json'), 'a'), missing);
    await assert.rejects(metadataIn(base, 'a'), { code: 'cli.usage', message: /found a folder/ });
  });
});
