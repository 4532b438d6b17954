import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { registry } from '#contracts';
import { filesBelow, foldersIn, isThere, textOf } from '../support/repository.js';
import { allSources, isSpec, productSources, walk } from '../support/sources.js';

/** The closed list of docs/decisions/0010: a new suffix needs a decision. */
const suffixes = new Set([
  ...['', 'module', 'config', 'options', 'lifecycle', 'provider'],
  ...[
    'controller',
    'consumer',
    'handler',
    'service',
    'dto',
    'guard',
    'pipe',
    'filter',
    'interceptor',
    'decorator',
  ],
  ...['adapter', 'conformance', 'bench', 'command'],
  ...['spec', 'int.spec', 'e2e.spec', 'adapter.spec'],
]);
const contractSuffix = /^(command|event)[.]v[1-9][0-9]*$/;
/** Twice the budgets of a review: what is beyond is refused, what is near is talked about. */
const limits = { lines: 400, parameters: 6, depth: 2, folder: 24 };

/** Points that no story passes yet. */
const pointsWithoutStory: string[] = [];

const sources = allSources();

describe('Every source file', () => {
  it('is named in small letters and hyphens, with a suffix of the list', () => {
    const odd = sources
      .map(({ path }) => path)
      .filter((path) => {
        const [, stem = '', suffix = ''] = /([^/.]*)[.]?([^/]*?)[.]?tsx?$/.exec(path) ?? [];
        const contract = path.startsWith('libs/contracts/') && contractSuffix.test(suffix);
        return !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem) || !(suffixes.has(suffix) || contract);
      });
    assert.deepEqual(odd, [], 'docs/decisions/0010 lists the suffixes');
  });

  it(`has at most ${limits.lines} lines`, () => {
    const long = sources.filter(({ tree }) => tree.getLineStarts().length - 1 > limits.lines);
    assert.deepEqual(
      long.map(({ path }) => path),
      [],
    );
  });

  it(`lies at most ${limits.depth} folders below src`, () => {
    const deep = sources
      .map(({ path }) => path)
      .filter((path) => (path.split('/src/')[1] ?? '').split('/').length - 1 > limits.depth);
    assert.deepEqual(deep, []);
  });

  it(`has at most ${limits.folder} files beside it, itself included`, () => {
    const sizes = new Map<string, number>();
    for (const { path } of sources.filter((one) => !isSpec(one.path))) {
      const folder = path.slice(0, path.lastIndexOf('/'));
      sizes.set(folder, (sizes.get(folder) ?? 0) + 1);
    }
    const full = [...sizes].filter(([folder, size]) => size > limits.folder && !isListOfContracts(folder));
    assert.deepEqual(full, []);
  });

  it('knows no `any`', () => {
    const careless = new Set<string>();
    for (const { path, tree } of sources)
      walk(tree, (node) => node.kind === ts.SyntaxKind.AnyKeyword && careless.add(path));
    assert.deepEqual([...careless], []);
  });

  it(`has constructors of at most ${limits.parameters} dependencies`, () => {
    const greedy = constructors()
      .filter(({ dependencies }) => dependencies > limits.parameters)
      .map(({ path }) => path);
    assert.deepEqual(greedy, [], 'the seventh dependency is a second use case in hiding');
  });

  it('has no injectable that only carries parameters for another one', () => {
    const bags = constructors()
      .filter(({ carries }) => carries)
      .map(({ path, name }) => `${path}: ${name}`);
    assert.deepEqual(bags.sort(), [], 'a bag of dependencies hides how many there are: split the use case');
  });
});

describe('Every loop of an app', () => {
  it('is a HostedLoop or a LeasedWorker, which begin and end with the app', () => {
    const own = sources
      .filter(({ path }) => path.startsWith('apps/') && !isSpec(path))
      .filter(({ tree }) => /\b(setInterval[(]|new WorkLoop[(])/.test(tree.text))
      .map(({ path }) => path);
    assert.deepEqual(own, [], 'libs/leased-work/README.md');
  });
});

/** Files that may ask the machine for the time, and why. */
const askTheMachine: Readonly<Record<string, string>> = {
  'libs/kernel/src/clock.ts': 'the clock itself',
  'libs/messaging/src/receipt.ts': 'a property of AMQP that nothing is decided by',
  'libs/publication-feed/src/feed-client.ts': 'a default: callers may give another time',
  'libs/storage/src/s3/s3-object-store.adapter.ts': 'the store compares a signature with its own time',
  'apps/console-web/src/parts/now.ts': "the browser's clock, which its specs replace",
  'apps/catalog-api/src/persistence/word-lists.ts': 'the mark of an upgrade, for people',
  'apps/publication-server/src/pages/home.controller.ts':
    'when the program was loaded, before there is a clock',
};

describe('Every product file', () => {
  it('asks a Clock for the time, so that tests can move it', () => {
    const careless = productSources()
      .filter(({ path }) => !/^(apps\/(admin-)?cli|libs\/command-line)\//.test(path))
      .filter(({ tree }) => /\bnew Date\(\)|\bDate\.now\(\)/.test(tree.text))
      .map(({ path }) => path);
    assert.deepEqual(careless.sort(), Object.keys(askTheMachine).sort());
  });
});

describe('Every crash point', () => {
  it('is passed by a test', () => {
    const tests = [...filesBelow('test/flows', '.ts'), ...filesBelow('libs', '.spec.ts')]
      .map(textOf)
      .join('\n');
    const points = new Set<string>();
    for (const { path, tree } of sources.filter((one) => /^(apps|libs)\//.test(one.path)))
      walk(tree, (node) => {
        if (!ts.isCallExpression(node) || node.expression.getText() !== 'crashPoint') return;
        const [name] = node.arguments;
        assert.ok(name !== undefined && ts.isStringLiteral(name), `expected a plain name in ${path}`);
        points.add(name.text);
      });
    assert.ok(points.size > 10);
    assert.deepEqual(
      [...points].filter((point) => !tests.includes(`'${point}'`)),
      pointsWithoutStory,
    );
  });
});

describe('nest-cli.json', () => {
  it('lists every app, with a file to start that is there and the configuration that builds it', () => {
    const { projects } = JSON.parse(textOf('nest-cli.json')) as {
      projects: Record<string, { entryFile: string; compilerOptions: { tsConfigPath: string } }>;
    };
    const apps = foldersIn('apps').filter((name) => isThere(`apps/${name}/src/main.ts`));
    assert.deepEqual(Object.keys(projects).sort(), apps);
    for (const [name, { entryFile, compilerOptions }] of Object.entries(projects))
      assert.deepEqual(
        [entryFile, compilerOptions.tsConfigPath],
        [`apps/${name}/src/main`, 'tsconfig.base.json'],
      );
  });
});

describe('Every library and app', () => {
  for (const folder of ['apps', 'libs'].flatMap((part) => foldersIn(part).map((name) => `${part}/${name}`))) {
    if (filesBelow(folder, '.ts').length === 0) continue;
    const page = `${folder}/README.md`;
    const parts = folder.startsWith('apps/') && isThere(`${folder}/src/${folder.slice(5)}.module.ts`);

    it(`${folder} has a page for its readers`, () => {
      assert.ok(isThere(page), `expected ${page}`);
      const text = textOf(page);
      const wanted = parts ? ['Consumes', 'Emits', 'Owns', 'Environment'] : ['What it is for', 'How to test'];
      if (!folder.startsWith('apps/') || parts)
        for (const part of wanted) assert.ok(text.includes(part), `expected a part "${part}" in ${page}`);
    });
  }
});

/** What an app plays on the spine, where that has another name. */
const roles: Readonly<Record<string, string>> = { 'scicat-bridge': 'catalog-api' };
/** What it never says there, of what that part may say: it has no such thing. */
const unsaid: Readonly<Record<string, RegExp>> = {
  'scicat-bridge': /^(catalog[.]publication-|archival[.]change-pins)/,
};

describe('The page of every app', () => {
  for (const app of foldersIn('apps').filter((name) => isThere(`apps/${name}/src/${name}.module.ts`)))
    it(`${app} names all of its messages and no other`, () => {
      const text = textOf(`apps/${app}/README.md`);
      const part = (heading: string): string[] =>
        [
          ...(text.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '').matchAll(
            /`([a-z]+[.][a-z-]+[.]v\d+)`/g,
          ),
        ]
          .map(([, type = '']) => type)
          .sort();
      const types = (ofApp: (contract: (typeof registry)[number]) => boolean): string[] =>
        registry
          .filter(ofApp)
          .map(({ type }) => type)
          .sort();
      assert.deepEqual(
        part('Consumes'),
        types(({ consumers }) => consumers.some((name) => name === (roles[app] ?? app))),
      );
      assert.deepEqual(
        part('Emits'),
        types(({ emitter, type }) => emitter === (roles[app] ?? app) && unsaid[app]?.test(type) !== true),
      );
    });
});

/** What every class may ask for without being asked what it does with it. */
const ambient = /^(Clock|Logger|([A-Z][A-Za-z]*)?(Config|Options))$/;

interface FoundConstructor {
  readonly path: string;
  readonly name: string;
  /** Parameters beside clock, logger and configuration. */
  readonly dependencies: number;
  /** An injectable that shows what was injected into it to others. */
  readonly carries: boolean;
}

function constructors(): FoundConstructor[] {
  const found: FoundConstructor[] = [];
  for (const { path, tree } of sources)
    walk(tree, (node) => {
      if (!ts.isConstructorDeclaration(node)) return;
      const injectable = ts
        .getDecorators(node.parent)
        ?.some(({ expression }) => expression.getText(tree).startsWith('Injectable('));
      found.push({
        path,
        name: node.parent.name?.text ?? '',
        dependencies: node.parameters.filter(({ type }) => !ambient.test(type?.getText(tree) ?? '')).length,
        carries: injectable === true && node.parameters.some(isPublicProperty),
      });
    });
  return found;
}

function isPublicProperty(parameter: ts.ParameterDeclaration): boolean {
  const kinds = (parameter.modifiers ?? []).map(({ kind }) => kind);
  const kept = kinds.some(
    (kind) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword,
  );
  return (
    !kept &&
    kinds.some((kind) => kind === ts.SyntaxKind.ReadonlyKeyword || kind === ts.SyntaxKind.PublicKeyword)
  );
}

function isListOfContracts(folder: string): boolean {
  return folder.startsWith('libs/contracts/src/');
}
