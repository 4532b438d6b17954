import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as contracts from '#contracts';
import { filesBelow, isThere, textOf } from '../support/repository.js';

const { registry } = contracts;
const root = 'libs/contracts/src';

/** `archival.archive-datablock.v1` → `archiveDatablockV1` */
function valueNameOf(type: string): string {
  const [, name = '', version = ''] = type.split('.');
  const camel = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `${camel}${version.toUpperCase()}`;
}

function sourcesOf(app: string): string {
  return filesBelow(`apps/${app}/src`, '.ts')
    .filter((path) => !path.endsWith('.spec.ts'))
    .map(textOf)
    .join('\n')
    .replace(/^import[^;]*;/gm, '');
}

const apps = contracts.appNames.filter((app) => isThere(`apps/${app}/src/main.ts`));
const sources = new Map(apps.map((app) => [app, sourcesOf(app)]));
const owners: Readonly<Record<string, contracts.AppName>> = {
  catalog: 'catalog-api',
  assembly: 'job-assembler',
  archival: 'archiver',
  publication: 'publisher',
};

describe('The registry', () => {
  it('lists every contract file once', () => {
    const files = filesBelow(root, '.ts').filter((path) => /[.](command|event)[.]v\d+[.]ts$/.test(path));
    const expected = registry.map(({ type, kind }) => {
      const [context = '', name = '', version = ''] = type.split('.');
      return `${root}/${context}/${name}.${kind}.${version}.ts`;
    });
    assert.deepEqual(files, [...expected].sort());
  });

  for (const contract of registry) {
    const { type, kind, emitter, consumers } = contract;
    const value = valueNameOf(type);

    describe(type, () => {
      it('has the names that follow from its type', () => {
        assert.equal((contracts as Record<string, unknown>)[value], contract, `expected #contracts.${value}`);
        assert.equal(contract.payload.name, value.charAt(0).toUpperCase() + value.slice(1));
      });

      it('belongs to the context of the app that gives it its meaning', () => {
        const owner = kind === 'event' ? emitter : consumers[0];
        assert.equal(owners[type.slice(0, type.indexOf('.'))], owner);
      });

      it('has as many consumers as its kind allows', () => {
        if (kind === 'command') assert.equal(consumers.length, 1);
        else assert.ok(consumers.length > 0, 'an event nobody hears needs no contract');
      });

      it('is emitted where it says', () => {
        const emits = (app: contracts.AppName): boolean =>
          new RegExp(`\\beventRow\\(\\s*${value}\\b`).test(sources.get(app) ?? '');
        assert.deepEqual(apps.filter(emits), [emitter]);
      });

      it('is handled where it says, once', () => {
        const handlers = apps.flatMap((app) =>
          Array.from((sources.get(app) ?? '').matchAll(new RegExp(`@Handles\\(${value}\\)`, 'g')), () => app),
        );
        assert.deepEqual(handlers, [...consumers]);
      });
    });
  }
});
