import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { html, jsonForScript } from './html.js';
import { linkable, oneLine, visible } from '../formats/plain-text.js';

describe('html', () => {
  it('escapes what it is given, in elements and in attributes', () => {
    const evil = `</script><img src=x onerror="alert('1')">&`;
    assert.equal(
      html`<p title="${evil}">${evil}</p>`.markup,
      '<p title="&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;">' +
        '&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;</p>',
    );
  });

  it('takes markup as it is, joins lists, shows nothing for nothing', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
    assert.equal(html`${items}${undefined}${false}${null}${0}`.markup, '<li>a</li><li>&lt;b&gt;</li>0');
  });

  it('does not send the indentation of its source', () => {
    const { markup } = html` <i>${'a\n  b'}</i> `;
    assert.equal(markup.trim(), '<i>a\n  b</i>');
    assert.ok(markup.length <= '\n<i>a\n  b</i>\n'.length);
  });

  it('is not fooled by objects that look like markup', () => {
    const fake = JSON.parse('{"markup":"<script>"}') as never;
    assert.throws(() => html`${fake}`);
  });

  it('shows no control characters', () =>
    assert.equal(html`${'a\u0000\u0001b\u202egpj.exe\ud800c\td'}`.markup, 'abgpj.exe\ufffdc\td'));
});

describe('jsonForScript', () => {
  const hostile = { '</script>': '<!--<script>\u2028&]]>' };

  it('has no character that ends the element', () =>
    assert.doesNotMatch(jsonForScript(hostile), /[<>&\u2028]/));

  it('means the same', () => assert.deepEqual(JSON.parse(jsonForScript(hostile)), hostile));
});

describe('oneLine', () => {
  it('cuts whole characters, with an ellipsis', () => {
    assert.equal(oneLine('😀😀😀😀', 3), '😀😀…');
    assert.equal(oneLine(' a\n\n b ', 10), 'a b');
    assert.equal(oneLine('x'.repeat(5_000_000), 200).length, 200);
  });
});

describe('linkable', () => {
  for (const address of ['https://a.b/c?d=1', 'http://a.b/', 'mailto:a@b.c'])
    it(`links ${address}`, () => assert.equal(linkable(address), address));

  for (const address of [
    'javascript:alert(1)',
    ' https://a.b',
    'data:text/html,x',
    '//a.b',
    'https://',
    'ftp://a.b',
    '',
    undefined,
  ])
    it(`does not link ${String(address)}`, () => assert.equal(linkable(address), undefined));

  it('encodes what could leave an attribute', () =>
    assert.equal(linkable('https://a.b/"><script>'), 'https://a.b/%22%3E%3Cscript%3E'));
});

describe('visible', () => {
  it('keeps letters of every script', () => assert.equal(visible('שלום 你好 ñ\n'), 'שלום 你好 ñ\n'));
});
