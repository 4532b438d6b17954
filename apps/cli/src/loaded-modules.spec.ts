import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const main = fileURLToPath(new URL('./main.js', import.meta.url));

/** Writes down what a process loads: modules as they are asked for, and at its end what `require` keeps. */
function witness(file: string): string {
  const hooks = `import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) { appendFileSync(${JSON.stringify(file)}, url + '\\n'); return next(url, context); }`;
  return `import { appendFileSync } from 'node:fs';
    import Module, { register } from 'node:module';
    import { pathToFileURL } from 'node:url';
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});
    process.on('exit', () => {
      for (const path of Object.keys(Module._cache)) appendFileSync(${JSON.stringify(file)}, pathToFileURL(path).href + '\\n');
    });`;
}

async function loadedBy(...parameters: string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'catena-loaded-'));
  try {
    const file = join(folder, 'loaded.txt');
    await promisify(execFile)(process.execPath, [
      ...['--import', `data:text/javascript,${encodeURIComponent(witness(file))}`],
      ...[main, ...parameters],
    ]);
    const urls = (await readFile(file, 'utf8')).split('\n').filter((url) => url.startsWith('file:'));
    return [...new Set(urls)];
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('What the command line loads', () => {
  it('is for --help no database, no reading of archives and no command: names and options only', async () => {
    const loaded = await loadedBy('--help');
    const own = loaded
      .filter((name) => !name.includes('node_modules'))
      .map((name) => name.split('/dist/')[1]);
    assert.ok(
      own.includes('apps/cli/src/program.js'),
      `expected the program among what was loaded: ${own.join()}`,
    );
    const packages = new Set(loaded.map((name) => /node_modules\/([^/]+)/.exec(name)?.[1]));
    packages.delete(undefined);
    assert.deepEqual([...packages], ['commander']);
    assert.deepEqual(
      own.filter((name) => !/^(apps\/cli\/src\/[\w-]+[.]js$|libs\/(kernel|command-line)\/)/.test(name ?? '')),
      [],
    );
    assert.ok(loaded.length <= 45, `expected few modules, found ${loaded.length}`);
  });
});
