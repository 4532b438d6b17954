import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NamedFiles } from './named-files.js';

describe('Files that are named', () => {
  const seen = (names: string[], paths: string[], folder?: string | null): [string[], string[]] => {
    const named = new NamedFiles(names, folder);
    return [paths.filter((path) => named.see(path)), named.missing];
  };

  it('are single ones, and all below a folder, with and without a slash at its end', () => {
    const paths = ['a', 'b/c', 'b/d/e', 'bc', 'b-d', 'f/g'];
    assert.deepEqual(seen(['a', 'b'], paths), [['a', 'b/c', 'b/d/e'], []]);
    assert.deepEqual(seen(['b/d/', 'f/g'], paths), [['b/d/e', 'f/g'], []]);
  });

  it('are as the catalogue lists them, or as they lie in the source folder', () => {
    for (const listed of ['/data/x/f/g', 'f/g'])
      for (const name of ['/data/x/f/g', 'f/g', '/data/x/f', 'f/', '/data/x', '/data/x/'])
        assert.deepEqual(seen([name], [listed, 'other'], '/data/x/')[0].slice(0, 1), [listed], name);
  });

  it('are told apart from those of which none was seen', () => {
    assert.deepEqual(seen(['a', 'nope', 'a', 'no/where/'], ['a', 'b']), [['a'], ['nope', 'no/where/']]);
  });

  it('are never those of a name that no file can have', () => {
    for (const name of ['', '/', '..', '../a', '/etc/passwd', 'a/./b', 'a//b'])
      assert.deepEqual(seen([name], ['a', 'a/b', 'etc/passwd'], null), [[], [name]], name);
  });

  it('that are named twice, or with the folder they lie in, are one', () => {
    assert.deepEqual(seen(['a/b', 'a', 'a/b', 'a/'], ['a/b', 'a/c']), [['a/b', 'a/c'], []]);
  });

  it('may be named, and listed, with ./ before them', () => {
    assert.deepEqual(seen(['./a'], ['a', 'b']), [['a'], []]);
    assert.deepEqual(seen(['a'], ['./a', './b']), [['./a'], []]);
  });

  it('pass over what lists of before may hold', () => {
    assert.deepEqual(seen(['a'], ['../a', '', '/a', 'a']), [['a'], []]);
  });

  it('may be those that no datablock can hold, by exactly their names', () => {
    for (const odd of ['/elsewhere/f', '../a', '/f'])
      assert.deepEqual(seen([odd], [odd, 'f', 'a'], '/data/x'), [[odd], []], odd);
  });

  it('match the pattern that a database looks for them by, and hardly anything else does', () => {
    const odd = ['a.b', 'a+(b)', '[x]', 'c\\d', '名前/ü', '$^', '-rf *', 'new\nline', '/elsewhere/f'];
    for (const folder of ['/data/x', '/data/x/', '', null])
      for (const name of odd) {
        const named = new NamedFiles([name, 'other'], folder);
        const pattern = named.pattern()!;
        for (const path of [name, `${name}/below`, `${folder ?? ''}/${name}`, `/data/x/${name}/deep/er`])
          if (named.see(path)) assert.match(path, pattern);
        for (const path of [`x${name}`, `${name}x`, 'axb', 'aab', 'unrelated'])
          assert.doesNotMatch(path, pattern);
      }
  });

  it('have no pattern where that would be everything, nothing, or longer than databases take', () => {
    for (const names of [
      ['/data/x'],
      [''],
      ['a\0b'],
      Array.from({ length: 3000 }, (_, index) => `f${index}`),
    ])
      assert.equal(new NamedFiles(names, '/data/x').pattern(), undefined);
  });
});
