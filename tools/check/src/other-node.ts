import { spawn } from 'node:child_process';

/** The releases we promise to run on, as packages of npm carry them: nothing has to be installed for them. */
const RELEASES = { 22: '22.23.5', 24: '24.22.3' } as const;
type Release = keyof typeof RELEASES;

/** The newest release; who runs on it already gets the other one. */
export function otherRelease(own: string): Release {
  return own.startsWith('24.') ? 22 : 24;
}

const RELEASE = otherRelease(process.versions.node);
export const OTHER_NODE = `Node ${RELEASE}`;

const KEPT_OUTPUT = 20_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface OtherNodeOptions {
  /** Runs a program of a package; tests put another one in its place. */
  readonly npx: string;
  /** What takes longer is ended, with all it started. */
  readonly patienceMilliseconds: number;
}

const USUAL: OtherNodeOptions = { npx: 'npx', patienceMilliseconds: 15 * 60_000 };

/** Runs the unit tests once more, on another release of Node than this one. */
export async function unitTestsOnOtherNode(project: string, options = USUAL): Promise<void> {
  const name = `node-${process.platform}-${process.arch}@${RELEASES[RELEASE]}`;
  const onIt = ['--yes', '--loglevel=error', `--package=${name}`, '--', 'node'];
  try {
    await run(project, [...onIt, '--version'], options);
  } catch (error) {
    throw new Error(
      `expected ${OTHER_NODE} as the package ${name} of npm's registry, found that it cannot be had:\n${(error as Error).message.trim()}\nWithout a registry run the other parts: npm test -- --only static, unit, int, flows`,
    );
  }
  await run(project, [...onIt, 'dist/tools/check/src/main.js', '--only', 'unit'], options);
}

function run(project: string, parameters: readonly string[], options: OtherNodeOptions): Promise<void> {
  const { npx, patienceMilliseconds } = options;
  return new Promise((resolve, reject) => {
    // A process group of its own, so that npx, Node and each test file it started are ended together.
    const child = spawn(npx, [...parameters], {
      cwd: project,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = (signal: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // All of them have ended by themselves.
      }
    };
    // Which Ctrl+C does not reach by itself.
    const passOn = (signal: NodeJS.Signals): void => {
      end(signal);
      process.kill(process.pid, signal);
    };
    for (const signal of SIGNALS) process.once(signal, passOn);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      end('SIGKILL');
    }, patienceMilliseconds);
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      for (const signal of SIGNALS) process.removeListener(signal, passOn);
      const said = output
        .split('\n')
        .filter((line) => !line.startsWith('ok '))
        .join('\n');
      if (late)
        reject(new Error(`${said}\ndid not end within ${patienceMilliseconds / 1000} s, so it was ended`));
      else if (code === 0) resolve();
      else reject(new Error(said));
    });
  });
}
