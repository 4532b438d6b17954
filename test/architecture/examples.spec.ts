import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemsOfTarget } from '#long-term-storage';
import { parseRoutesFile } from '#routes';
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

describe('The example of ROUTES_FILE', () => {
  const options = { limit: 48, check: problemsOfTarget };
  const { problems, routes, places } = parseRoutesFile(
    textOf('examples/routes.yaml'),
    'routes.yaml',
    options,
  );

  it('is in order, and shows targets that archivers reach and one that others operate', () => {
    assert.deepEqual(problems, []);
    assert.deepEqual(
      routes.targets.map(({ name, kind }) => `${name} ${kind}`),
      ['disk share', 'library-a tape', 'library-b tape', 'partner outside'],
    );
    assert.deepEqual(places[0]?.formerNames, ['/mnt/lts']);
  });

  it('sends datasets where its comments say', () => {
    const ask = (ownerGroup: string, bytes: number, tapeCopies?: number) =>
      routes.routeFor({
        ...{ jobType: 'archive', fields: { ownerGroup }, bytes },
        ...(tapeCopies === undefined ? {} : { tapeCopies }),
      });
    assert.deepEqual(ask('p12345', 1), {
      ...{ route: 'precious', targets: ['library-a', 'library-b'], copies: 2, priority: 0 },
    });
    assert.deepEqual(ask('others', 1, 2).targets, ['disk', 'library-a']);
    assert.deepEqual(ask('others', 2 ** 40).targets, ['library-a']);
  });
});
