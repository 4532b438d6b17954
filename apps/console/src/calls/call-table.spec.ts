import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { catalogueCalls, operationsCalls, ruleFor } from './call-table.js';

/** From dist/apps/console/src/calls. */
const documentOf = (name: string): { paths: Record<string, Record<string, unknown>> } =>
  JSON.parse(readFileSync(new URL(`../../../../../docs/${name}`, import.meta.url), 'utf8')) as never;
const callsIn = (name: string, prefix: string): string[] =>
  Object.entries(documentOf(name).paths).flatMap(([path, methods]) =>
    path.startsWith(prefix)
      ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.slice(prefix.length)}`)
      : [],
  );
const described = ({ method, pattern }: { method: string; pattern: string }): string =>
  `${method} ${pattern.replace(/:(\w+)/g, '{$1}')}`;

describe('The table of operations calls', () => {
  it('has every call that the apps describe, and no other', () => {
    const all = callsIn('operations-openapi.json', '/api/v4/operations/');
    // The first one the console makes itself, and passes on for nobody; where a bridge runs, there is no console.
    const others = ['POST audit/emergency', 'GET bridge/jobs', 'GET bridge/jobs/{id}'];
    const passed = all.filter((call) => !others.includes(call));
    assert.equal(passed.length, all.length - others.length);
    assert.deepEqual(operationsCalls.map(described).sort(), passed.sort());
  });

  it('asks more than to read of every call that changes something', () => {
    const careless = operationsCalls.filter(
      ({ method, needs }) => method !== 'GET' && needs === 'operations.read',
    );
    assert.deepEqual(careless, []);
  });

  it('finds words before parts that stand for any', () => {
    assert.equal(ruleFor(operationsCalls, 'GET', ['parking-lot', 'groups'])?.needs, 'operations.read');
    assert.equal(ruleFor(operationsCalls, 'GET', ['parking-lot', 'x'])?.needs, 'operations.act');
    assert.equal(ruleFor(operationsCalls, 'POST', ['publications', 'compare'])?.needs, 'publication.compare');
    assert.equal(
      ruleFor(operationsCalls, 'POST', ['copies', 'a', 'share/1', 'repair'])?.needs,
      'copy.repair',
    );
  });

  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', 'limits'],
    ['DELETE', 'limits'],
    ['GET', 'parking-lot/a/b'],
    ['get', 'app'],
    ['HEAD', 'app'],
    ['GET', '__proto__'],
  ] as const)
    it(`has no ${method} ${path}`, () =>
      assert.equal(ruleFor(operationsCalls, method, path.split('/')), undefined));
});

describe('The table of calls of the catalogue', () => {
  it('takes no other call of catalog-api for an id', () => {
    const known = callsIn('openapi.json', '/api/v4/');
    for (const rule of catalogueCalls.filter(({ pattern }) => pattern.includes(':'))) {
      const [before = '', after = ''] = rule.pattern.split(/:\w+/);
      const [method, words] = [`${rule.method} ${before}`, new RegExp(`^[^/{}]+${after}$`)];
      const others = known.filter((call) => call.startsWith(method) && words.test(call.slice(method.length)));
      const reached = others.map((call) => call.slice(rule.method.length + 1).split('/'));
      for (const segments of reached) {
        const own = ruleFor(catalogueCalls, rule.method, segments);
        assert.ok(
          own === undefined || !own.pattern.includes(':'),
          `${rule.pattern} takes ${segments.join('/')}`,
        );
      }
    }
  });

  it('has calls that catalog-api describes', () => {
    const known = callsIn('openapi.json', '/api/v4/').map((call) => call.replace(/\{\w+\}/g, '{}'));
    for (const call of catalogueCalls.map(described))
      assert.ok(known.includes(call.replace(/\{\w+\}/g, '{}')), `${call} in docs/openapi.json`);
  });
});
