import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { themeFrom } from './theme.js';

describe('themeFrom', () => {
  let folder: string;
  let file: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-theme-'));
    file = join(folder, 'theme.json');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is the standard one without a file', () => assert.equal(themeFrom(undefined).name, 'Open Data'));

  it('takes what is given and keeps the rest', async () => {
    await writeFile(file, JSON.stringify({ name: 'Facility', colour: '#036', contact: 'data@example.org' }));
    const { name, colour, tagline } = themeFrom(file);
    assert.deepEqual([name, colour, tagline], ['Facility', '#036', 'Published research data']);
  });

  for (const [what, content, reason] of [
    ['no JSON', 'nonsense', /THEME_FILE/],
    ['a list', '[]', /JSON object/],
    ['an unknown word', '{"color":"#000"}', /"color"/],
    ['a colour by name', '{"colour":"red"}', /such as #0b4f6c/],
    ['a colour white text cannot be read on', '{"colour":"#8fd3f4"}', /contrast/],
    ['a contact that is no address', '{"contact":"<x>"}', /e-mail/],
    ['a link that is none', '{"links":[{"text":"x","url":"javascript:alert(1)"}]}', /http/],
    ['a logo that is not there', '{"logoFile":"/nowhere/logo.svg"}', /logo\.svg/],
    ['a logo of another kind', '{"logoFile":"/nowhere/logo.exe"}', /SVG or PNG/],
    ['a name that is no text', '{"name":7}', /name/],
  ] as const)
    it(`refuses ${what}`, async () => {
      await writeFile(file, content);
      assert.throws(() => themeFrom(file), { code: 'kernel.configuration', message: reason });
    });
});
