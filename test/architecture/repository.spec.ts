import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { filesBelow, isThere, textOf } from '../support/repository.js';

interface Step {
  readonly run?: string;
}

interface Job {
  readonly strategy?: { readonly matrix: { readonly node?: readonly string[] } };
  readonly container?: { readonly options?: string };
}

const { version, engines } = JSON.parse(textOf('package.json')) as {
  version: string;
  engines: { node: string };
};
const pages = ['README', 'CHANGELOG', 'CONTRIBUTING', 'SECURITY', 'CODE_OF_CONDUCT'].map(
  (name) => `${name}.md`,
);

describe('The repository', () => {
  it('has what people look for at its top', () => {
    const wanted = [...pages, 'LICENSE', 'CITATION.cff', '.editorconfig', '.nvmrc', 'renovate.json'];
    assert.deepEqual(
      wanted.filter((path) => !isThere(path)),
      [],
    );
  });

  it('is cited in the version it has, by the project and by nobody who was made up', () => {
    const citation = parse(textOf('CITATION.cff')) as Record<string, unknown>;
    assert.equal(citation['version'], version);
    assert.deepEqual(citation['authors'], [{ name: 'The Catena project' }]);
  });

  it('tells in its changelog what came with this version', () => {
    assert.ok(
      textOf('CHANGELOG.md').includes(`\n## ${version} (`),
      `expected a part for ${version} in CHANGELOG.md: run npm run changelog`,
    );
  });

  it('names no address of a person: weaknesses are reported as private advisories', () => {
    for (const page of pages) assert.doesNotMatch(textOf(page), /[\w.]+@(?!example)[\w-]+\.\w+/, page);
    assert.match(textOf('SECURITY.md'), /private advisory/);
  });

  it('asks for a Node that the package allows', () => {
    const major = Number(textOf('.nvmrc'));
    assert.ok(major >= Number.parseInt(engines.node.replace('>=', ''), 10));
    const container = JSON.parse(textOf('.devcontainer/devcontainer.json')) as { image: string };
    assert.ok(container.image.startsWith(`node:${major}-`), container.image);
  });

  it('is checked in public by the two commands that everybody runs', () => {
    const { jobs } = parse(textOf('.github/workflows/ci.yml')) as {
      jobs: Record<string, { steps: Step[] }>;
    };
    const runs = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run = '' }) => run));
    for (const command of ['npm test', 'npm start'])
      assert.ok(
        runs.some((run) => run.includes(command)),
        command,
      );
  });

  it('is checked on every kind of Node that it says it works with, in containers that may make namespaces', () => {
    const { jobs } = parse(textOf('.github/workflows/ci.yml')) as { jobs: Record<string, Job> };
    assert.deepEqual(jobs['test']?.strategy?.matrix.node, ['20.19', '22', '24']);
    for (const name of ['test', 'start']) assert.equal(jobs[name]?.container?.options, '--privileged', name);
    const { runArgs } = JSON.parse(textOf('.devcontainer/devcontainer.json')) as { runArgs: string[] };
    assert.deepEqual(runArgs, ['--privileged']);
  });

  it('describes each command at one place, and every variable that the command line reads', () => {
    const page = textOf('docs/command-line.md');
    const headings = [...page.matchAll(/^## ([a-z, -]+)$/gm)].flatMap(([, names = '']) => names.split(', '));
    assert.deepEqual(
      headings.filter((name, index) => headings.indexOf(name) !== index),
      [],
    );
    const [, table = ''] = page.split('\n## Environment\n');
    const sources = filesBelow('apps/cli/src', '.ts').map(textOf).join('\n');
    const read = [...sources.matchAll(/environment(?:\[|, )'([A-Z_]+)'/g)].map(([, name = '']) => name);
    const ofTheSystem = ['HOME', 'USERPROFILE'];
    assert.ok(read.length > 5, 'the pattern finds them');
    for (const name of read.filter((each) => !ofTheSystem.includes(each)))
      assert.ok(table.split('\n## ')[0]!.includes(`| \`${name}\``), `${name} in the table of variables`);
  });

  it('has forms and settings that can be read', () => {
    for (const path of filesBelow('.github').filter((name) => /[.]ya?ml$/.test(name)))
      assert.equal(typeof parse(textOf(path)), 'object', path);
    assert.equal(typeof JSON.parse(textOf('renovate.json')), 'object');
  });
});
