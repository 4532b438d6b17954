import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createClient } from '@hey-api/openapi-ts';
import { repository } from '../support/repository.js';

describe('A client generated from docs/openapi.json', () => {
  let folder: string;

  before(async () => {
    // Inside the checkout, so that the compiler finds its types.
    folder = await mkdtemp(join(repository, 'dist/generated-client-'));
    await createClient({
      input: join(repository, 'docs/openapi.json'),
      output: join(folder, 'client'),
      plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
      logs: { level: 'silent' },
    });
  });
  after(() => rm(folder, { recursive: true }));

  it('has a function for each operation, named as the published SDK names it', async () => {
    const document = JSON.parse(await readFile(join(repository, 'docs/openapi.json'), 'utf8')) as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const code = await readFile(join(folder, 'client/sdk.gen.ts'), 'utf8');
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
    const names = new Set([...code.matchAll(/export const (\w+) =/g)].map(([, name = '']) => plain(name)));
    assert.deepEqual(
      ids.filter((id) => !names.has(plain(id))),
      [],
    );
  });

  it('compiles', async () => {
    const options = {
      compilerOptions: {
        ...{ strict: true, noEmit: true, skipLibCheck: true, target: 'es2022', module: 'nodenext' },
        ...{ moduleResolution: 'nodenext', lib: ['es2022', 'dom', 'dom.iterable'], types: [] },
      },
      include: ['client'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const compiler = join(repository, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
    assert.equal(status, 0, stdout.slice(0, 2000));
  });
});
