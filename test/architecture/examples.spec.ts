import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filesBelow, textOf } from '../support/repository.js';

const { paths } = JSON.parse(textOf('docs/openapi.json')) as { paths: Record<string, object> };
const known = Object.keys(paths).map((path) => path.toLowerCase());

describe('The examples for Python', () => {
  const examples = filesBelow('docs/examples', '.py');

  it('are for plain requests and for both published clients', () =>
    assert.deepEqual(
      examples.map((path) => path.replace('docs/examples/', '')),
      ['catena_pyscicat.py', 'catena_requests.py', 'catena_scitacean.py'],
    ));

  it('call what the API has', () => {
    const called = examples.flatMap((path) =>
      [...textOf(path).matchAll(/\/api\/v[34]\/[\w-]+(?:\/[\w-]+)*/g)].map(([call]) => call),
    );
    assert.ok(called.length > 5, called.join());
    assert.deepEqual(
      called.filter((call) => !known.some((path) => `${path}/`.startsWith(`${call.toLowerCase()}/`))),
      [],
    );
  });

  it('take passwords from the environment, and are explained by their first lines', () => {
    for (const path of examples) {
      assert.match(textOf(path), /^"""[\s\S]+CATENA_PASSWORD=\.\.\.[\s\S]+"""/, path);
      assert.doesNotMatch(textOf(path), /password\s*=\s*["']/i, path);
    }
  });
});
