import { spawn } from 'node:child_process';

/** The newest release we promise to run on; packages of npm carry its binary, so nothing has to be installed for it. */
const RELEASE = '24.22.3';
export const OTHER_NODE = `Node ${RELEASE.split('.')[0]}`;

const KEPT_OUTPUT = 20_000;

/** Runs the unit tests once more, on another release of Node than this one. */
export function unitTestsOnOtherNode(project: string): Promise<void> {
  const binary = `node-${process.platform}-${process.arch}@${RELEASE}`;
  const command = ['node', 'dist/tools/check/src/main.js', '--only', 'unit'];
  const parameters = ['--yes', '--loglevel=error', `--package=${binary}`, '--', ...command];
  return new Promise((resolve, reject) => {
    const child = spawn('npx', parameters, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => {
      const said = output
        .split('\n')
        .filter((line) => !line.startsWith('ok '))
        .join('\n');
      if (code === 0) resolve();
      else reject(new Error(said));
    });
  });
}
