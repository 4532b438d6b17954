import 'reflect-metadata';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { ruleOf } from '#service-host';
import { callNotes } from '../../tools/catalogue/src/index.js';
import { filesBelow, textOf } from '../support/repository.js';

interface Described {
  readonly summary: string;
  readonly 'x-apps': readonly string[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
}

const { paths, components } = JSON.parse(textOf('docs/operations-openapi.json')) as {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, object> };
};
const calls = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, call]) => ({ name: `${method.toUpperCase()} ${path}`, ...call })),
);
const operated = ['catalog-api', 'job-assembler', 'archiver', 'publisher', 'scicat-bridge'];

/** What Nest routes to operators, as it was built: the document is read from the sources. */
async function routes(): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  const files = [
    ...operated.map((app) => `apps/${app}/src`),
    'libs/service-host/src',
    'libs/ingestor-uploads/src',
  ]
    .flatMap((folder) => filesBelow(folder, '.controller.ts'))
    .filter((path) => textOf(path).includes('@Operators()'));
  for (const path of files) {
    const built = new URL(`../../${path.replace(/\.ts$/, '.js')}`, import.meta.url).href;
    const exported = Object.values((await import(built)) as Record<string, unknown>);
    for (const controller of exported.filter((one) => typeof one === 'function'))
      for (const name of routesOf(controller)) {
        const apps = found.get(name) ?? new Set<string>();
        found.set(name, apps.add(/^apps\/([^/]+)/.exec(path)?.[1] ?? 'kit'));
      }
  }
  return found;
}

function routesOf(controller: object): string[] {
  const { prototype } = controller as { prototype?: object };
  if (prototype === undefined || !Reflect.hasMetadata(PATH_METADATA, controller)) return [];
  return Object.values(Object.getOwnPropertyDescriptors(prototype)).flatMap(({ value }) => {
    const handler = value as object;
    const isRoute = typeof value === 'function' && Reflect.hasMetadata(METHOD_METADATA, handler);
    if (!isRoute || ruleOf(handler, controller)?.kind !== 'operators') return [];
    assert.ok([Reflect.getMetadata(VERSION_METADATA, controller)].flat().includes('4'));
    const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
    const parts = [controller, handler].map((one) => String(Reflect.getMetadata(PATH_METADATA, one)));
    const path = parts.filter((part) => part !== '/').join('/');
    return [`${method} /api/v4/${path}`.replace(/:(\w+)/g, '{$1}')];
  });
}

describe('docs/operations-openapi.json', () => {
  it('has each call that is routed for operators, by its apps, and no other', async () => {
    const routed = await routes();
    assert.deepEqual(calls.map(({ name }) => name).sort(), [...routed.keys()].sort());
    for (const { name, 'x-apps': apps } of calls)
      for (const app of routed.get(name) ?? [])
        assert.ok(
          app === 'kit' ? apps.length > 1 : apps.includes(app),
          `${name}: ${app} among ${apps.join()}`,
        );
  });

  it('says of each what it is for, and what its path and its callers give', () => {
    for (const { name, summary, parameters } of calls) {
      assert.match(summary, /^[A-Z].{10,}[.]$/s, name);
      const inPath = parameters.filter((one) => one.in === 'path').map((one) => `{${one.name}}`);
      assert.deepEqual(inPath, name.match(/\{\w+\}/g) ?? [], name);
      assert.ok(
        parameters.some((one) => one.name === 'Catena-Acting-For'),
        name,
      );
    }
  });

  it('has no words for calls that are gone, and schemas for all that it names', () => {
    const known = calls.map(({ name }) => name.replace('/api/v4/operations/', ''));
    assert.deepEqual(
      Object.keys(callNotes).filter((name) => !known.includes(name)),
      [],
    );
    for (const [, name = ''] of textOf('docs/operations-openapi.json').matchAll(
      /#\/components\/schemas\/(\w+)/g,
    ))
      assert.ok(name in components.schemas, name);
  });
});
