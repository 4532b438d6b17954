#!/usr/bin/env node
// The one entry of all npm scripts: makes sure that packages and build are there, then starts the tool asked for.
// Plain JavaScript without dependencies, because it runs before there are any.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const TOOLS = {
  start: 'start',
  check: 'check',
  stack: 'local-stack',
  bench: 'bench',
  catalogue: 'catalogue',
  'broker-definitions': 'broker-definitions',
  chaos: 'chaos',
  simulate: 'simulate',
  'unit-table': 'unit-table',
  'new-message': 'new-message',
  'package-cli': 'package-cli',
  changelog: 'changelog',
};
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const say = (line) => process.stderr.write(`catena: ${line}\n`);

function fail(line) {
  say(line);
  process.exit(1);
}

function checkNodeVersion() {
  const wanted = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).engines.node;
  const [major, minor] = wanted.replace('>=', '').split('.').map(Number);
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(`Node ${wanted} is needed, this is ${process.versions.node}; install a newer one and try again`);
}

/** npm writes this file last, so it is as old as the installation is complete. */
function packagesAreCurrent() {
  const installed = join(project, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  return statSync(installed).mtimeMs >= statSync(join(project, 'package-lock.json')).mtimeMs;
}

function installPackages() {
  if (packagesAreCurrent()) return;
  say('installing packages with npm ci (a minute or two, only when the lock file has changed)');
  // Some packages ask for a newer Node than the oldest we keep working; our own tests on each say more than they do.
  const words = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd: project, stdio: ['ignore', 2, 2] };
  // On Windows npm is a script (npm.cmd), which Node refuses to start without a shell.
  const { status, error } =
    process.platform === 'win32'
      ? spawnSync(['npm', ...words].join(' '), { ...options, shell: true })
      : spawnSync('npm', words, options);
  if (error !== undefined) fail(`npm could not be started: ${error.message}`);
  if (status !== 0) fail('npm ci failed; its messages above say why');
}

/** What the build is made of. */
const sources = ['apps', 'libs', 'tools', 'bench', 'test', 'docs', 'tsconfig.base.json', 'tsconfig.json'];
const buildMark = join(project, 'dist/.built');

/** Changes with every source that is written, comes or goes; nothing is read but names, times and sizes. */
function fingerprint() {
  const hash = createHash('sha256');
  const note = (path) => {
    const { mtimeMs, size } = statSync(join(project, path));
    hash.update(`${path}\n${mtimeMs}\n${size}\n`);
  };
  const walk = (folder) => {
    for (const entry of readdirSync(join(project, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== 'node_modules') walk(path);
      else if (entry.isFile()) note(path);
    }
  };
  for (const source of [...sources, 'package.json', 'package-lock.json'])
    if (statSync(join(project, source)).isDirectory()) walk(source);
    else note(source);
  return hash.digest('hex');
}

/** Runs a step of the build. Resolves with whether it succeeded. */
function step(words, mayFail) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, words, {
      cwd: project,
      stdio: mayFail ? 'ignore' : ['ignore', 2, 2],
    });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

/** Compiles what has changed since the last build; when nothing has, the compilers are not even asked. */
async function build(mayFail) {
  const made = fingerprint();
  const before = existsSync(buildMark) ? readFileSync(buildMark, 'utf8') : '';
  if (before === made && !mayFail) return;
  rmSync(buildMark, { force: true });
  if (!existsSync(join(project, 'dist'))) say('building (some seconds the first time)');
  const compiler = join(project, 'node_modules/typescript/bin/tsc');
  // The console's browser part has a configuration of its own, and is bundled.
  const compiled = async () =>
    // One after the other: they write some of the same files.
    (await step([compiler, '-p', 'tsconfig.base.json'], mayFail)) &&
    (await step([compiler, '-p', 'apps/console-web'], mayFail));
  const results = await Promise.all([compiled(), step(['apps/console-web/build.mjs'], mayFail)]);
  if (results.every((isMade) => isMade)) writeFileSync(buildMark, made);
  else if (!mayFail) fail('the build failed; the messages above say where');
}

function run(tool, parameters) {
  const main = join(project, 'dist/tools', tool, 'src/main.js');
  if (!existsSync(main))
    fail(`the tool "${tool}" is not in this checkout (tools/${tool}/src/main.ts is missing)`);
  const child = spawn(process.execPath, [main, ...parameters], { cwd: project, stdio: 'inherit' });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => {
    for (const name of SIGNALS) process.removeAllListeners(name);
    if (signal === null) process.exit(code ?? 1);
    process.kill(process.pid, signal);
  });
}

const [name, ...parameters] = process.argv.slice(2);
const tool = Object.hasOwn(TOOLS, name ?? '') ? TOOLS[name] : undefined;
if (tool === undefined) fail(`usage: node tools/bootstrap.mjs ${Object.keys(TOOLS).join('|')} [arguments]`);
checkNodeVersion();
installPackages();
// The check reports a broken build itself, as one of its steps.
await build(tool === 'check');
run(tool, parameters);
