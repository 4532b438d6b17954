import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { elementsOf, escaped, keyDecoderOf, textOf } from './s3-xml.js';

describe('reading the XML of a store', () => {
  it('resolves entities once', () =>
    assert.equal(
      textOf('<Key>&amp;lt; &#x1F600;&#65;&quot;&apos;&gt;&nbsp;</Key>', 'Key'),
      '&lt; 😀A"\'>&nbsp;',
    ));

  it('keeps what looks like a number, and blanks', () => {
    assert.equal(textOf('<Key>007</Key>', 'Key'), '007');
    assert.equal(textOf('<Key> 1e3 </Key>', 'Key'), ' 1e3 ');
    assert.equal(textOf('<Key/>', 'Key'), undefined);
  });

  it('finds all elements', () =>
    assert.deepEqual(
      [...elementsOf('<L><A><K>1</K></A><B/><A><K>2</K></A></L>', 'A')],
      ['<K>1</K>', '<K>2</K>'],
    ));

  it('decodes keys only where the store encoded them', () => {
    assert.equal(keyDecoderOf('<EncodingType>url</EncodingType>')('a%20b+c'), 'a b c');
    assert.equal(keyDecoderOf('<Name>x</Name>')('100%+'), '100%+');
  });

  it('writes what it can read', () => assert.equal(textOf(`<E>${escaped('<&>"')}</E>`, 'E'), '<&>"'));
});
