import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { httpControllers } from '../../apps/catalog-api/src/catalog-api.module.js';
import { openApiDocument } from '../../apps/catalog-api/src/openapi/document.js';
import { undescribed } from '../../apps/catalog-api/src/openapi/operations.js';

interface SdkOperation {
  readonly id: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

const sdk = join(
  dirname(createRequire(import.meta.url).resolve('@scicatproject/scicat-sdk-ts-fetch/package.json')),
  'src',
);
const document = openApiDocument(httpControllers, 'test');

/** Reads the published client: what it calls, under which names. */
function sdkOperations(): SdkOperation[] {
  return readdirSync(join(sdk, 'apis'))
    .filter((file) => file.endsWith('Api.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(sdk, 'apis', file), 'utf8');
      const found = text.matchAll(/async (\w+)Raw\(.*?\n    \}\n/gs);
      return [...found].map(([code, id = '']) => ({
        id,
        tag: file.replace(/Api\.ts$/, ''),
        method: /method: '(\w+)'/.exec(code)?.[1]?.toLowerCase() ?? '',
        path: /path: `([^`]+)`/.exec(code)?.[1] ?? '',
        body: /body: (\w+)ToJSON\(/.exec(code)?.[1],
      }));
    });
}

/** As the generator makes a class name of a tag: `datasets v4` → `DatasetsV4`. */
function className(tag: string): string {
  return tag
    .split(' ')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** Bodies that the SDK wraps because the server takes one of several. */
const unions = /^(DatasetsController\w+Request|OrigDatablock)$/;

describe('The OpenAPI document', () => {
  const operations = sdkOperations();

  it('is compared with the whole published SDK', () => {
    assert.equal(operations.length, 220);
  });

  it('describes every endpoint', () => {
    assert.deepEqual(undescribed(httpControllers), []);
  });

  it('has every operation of the published SDK: same id, method, path and tag', () => {
    const missing = operations.filter(({ id, method, path, tag }) => {
      const ours = document.paths[path]?.[method];
      return ours?.['operationId'] !== id || className((ours['tags'] as string[])[0]!) !== tag;
    });
    assert.deepEqual(
      missing.map(({ id, method, path, tag }) => `${tag}: ${method} ${path} ${id}`),
      [],
    );
  });

  it('names request bodies as the SDK does', () => {
    const others = operations.filter(({ method, path, body }) => {
      if (body === undefined || unions.test(body)) return false;
      return !JSON.stringify(document.paths[path]?.[method]?.['requestBody'] ?? {}).includes(`/${body}"`);
    });
    assert.deepEqual(
      others.map(({ id, body }) => `${id}: ${body}`),
      [],
    );
  });

  it('gives models the properties the SDK knows', () => {
    const differences: string[] = [];
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      const file = join(sdk, 'models', `${name}.ts`);
      let text: string;
      try {
        text = readFileSync(file, 'utf8');
      } catch {
        continue;
      }
      const [, members = ''] = /export interface \w+ \{(.*?)\n\}/s.exec(text) ?? [];
      const known = [...members.matchAll(/^ {4}(\w+)\??: /gm)].map(([, property = '']) =>
        property === '_abstract' ? 'abstract' : property,
      );
      const ours = Object.keys(schema['properties'] ?? {});
      const absent = known.filter((property) => !ours.includes(property));
      if (absent.length > 0) differences.push(`${name}: ${absent.join(', ')}`);
    }
    assert.deepEqual(differences, []);
  });
});
