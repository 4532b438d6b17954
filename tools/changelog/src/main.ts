import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { changelogOf, type Commit, type Release } from './changelog.js';

const project = fileURLToPath(new URL('../../../../', import.meta.url));

function git(...parameters: string[]): string[] {
  const output = execFileSync('git', parameters, { cwd: project, encoding: 'utf8', maxBuffer: 2 ** 28 });
  return output.split('\n').filter((line) => line !== '');
}

function versionAt(commit: string): string {
  const text = execFileSync('git', ['show', `${commit}:package.json`], { cwd: project, encoding: 'utf8' });
  return (JSON.parse(text) as { version: string }).version;
}

/** The first commit that has a version, oldest first. */
function versions(): { version: string; commit: string }[] {
  const found = new Map<string, string>();
  const changes = git(
    'log',
    '--reverse',
    '--topo-order',
    '--format=%H',
    '-G',
    '^  "version":',
    '--',
    'package.json',
  );
  for (const commit of changes) {
    const version = versionAt(commit);
    if (!found.has(version)) found.set(version, commit);
  }
  return [...found].map(([version, commit]) => ({ version, commit }));
}

function release(version: string | undefined, from: string | undefined, to: string): Release {
  const range = from === undefined ? to : `${from}..${to}`;
  const commits: Commit[] = git('log', '--no-merges', '--format=%h %s', range).map((text) => {
    const [hash = '', ...words] = text.split(' ');
    return { hash, subject: words.join(' ') };
  });
  const [date = ''] = git('log', '-1', '--format=%ad', '--date=short', to);
  return { version, date, commits };
}

const known = versions();
const releases = known.map(({ version, commit }, index) =>
  release(version, known[index - 1]?.commit, commit),
);
// A version that is being made has no commit yet: what is not released goes under its name.
const { version: coming } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
  version: string;
};
const isNew = known.every(({ version }) => version !== coming);
const newest = release(isNew ? coming : undefined, known.at(-1)?.commit, 'HEAD');
writeFileSync(join(project, 'CHANGELOG.md'), changelogOf([newest, ...releases.reverse()]));
