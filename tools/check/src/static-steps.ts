import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface StaticStep {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** The checks that need no test run, cheapest failure first, as `npm run` knows them too. */
export function staticSteps(project: string): StaticStep[] {
  const tool = (name: string, ...parameters: string[]): StaticStep['run'] => {
    return () => runTool(project, join('node_modules/.bin', name), parameters);
  };
  const folders = ['apps', 'libs', 'tools', 'test', 'bench', 'docs/model'].filter((name) =>
    existsSync(join(project, name)),
  );
  return [
    { name: 'format', run: tool('prettier', '--config', '.config/prettier.json', '--check', '.') },
    { name: 'lint', run: tool('eslint', '--config', '.config/eslint.config.js', '--max-warnings', '0', '.') },
    { name: 'build', run: tool('tsc', '-p', 'tsconfig.base.json') },
    { name: 'build of the console', run: tool('tsc', '-p', 'apps/console-web') },
    {
      name: 'bundle of the console',
      run: () => runTool(project, process.execPath, ['apps/console-web/build.mjs']),
    },
    { name: 'boundaries', run: tool('depcruise', '--config', '.config/dependency-cruiser.cjs', ...folders) },
    { name: 'folders', run: tool('depcruise', '--config', '.config/dependency-cruiser-folders.cjs', 'apps') },
    { name: 'dead code', run: tool('knip', '--config', '.config/knip.json') },
  ];
}

function runTool(project: string, program: string, parameters: readonly string[]): Promise<void> {
  return new Promise((done, reject) => {
    const child = spawn(resolve(project, program), [...parameters], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? done() : reject(new Error(output))));
  });
}
