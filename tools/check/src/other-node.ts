import { spawn } from 'node:child_process';
import { compiled } from './test-files.js';

/** The releases we promise to run on, as packages of npm carry them: nothing has to be installed for them. */
const RELEASES = { 22: '22.23.5', 24: '24.22.3' } as const;
type Release = keyof typeof RELEASES;
/** So that many files share one process: starting one for each takes longer than their tests. Node 20 has no such option. */
const TOGETHER = { 22: '--experimental-test-isolation=none', 24: '--test-isolation=none' } as const;
/** As many as the machine that CI has can run at once. */
const PROCESSES = 2;
/** They count, or compile, for a long time, and ask Node for nothing: one release tells enough. */
const ON_ONE_RELEASE = ['year-of-scrubbing', 'release-situations', 'sdk-generation'];

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

/** Runs unit tests once more, on another release of Node than this one. @param files paths of their sources */
export async function unitTestsOnOtherNode(
  project: string,
  files: readonly string[],
  options = USUAL,
): Promise<void> {
  const name = `node-${process.platform}-${process.arch}@${RELEASES[RELEASE]}`;
  const onIt = ['--yes', '--loglevel=error', `--package=${name}`, '--', 'node'];
  try {
    await run(project, [...onIt, '--version'], options);
  } catch (error) {
    throw new Error(
      `expected ${OTHER_NODE} as the package ${name} of npm's registry, found that it cannot be had:\n${(error as Error).message.trim()}\nWithout a registry run the other parts: npm test -- --only static, unit, int, flows`,
    );
  }
  // What runs in production; what checks the sources says the same on any release.
  const product = files.filter((file) => /^(apps|libs)\//.test(file));
  const here = product.filter((file) => !ON_ONE_RELEASE.some((name) => file.includes(`${name}.spec.`)));
  const shares = Array.from({ length: PROCESSES }, (_, turn) =>
    here.filter((__, index) => index % PROCESSES === turn).map((file) => compiled(project, file)),
  ).filter((share) => share.length > 0);
  const testing = ['--enable-source-maps', TOGETHER[RELEASE], '--test-reporter=dot', '--test'];
  await Promise.all(shares.map((share) => run(project, [...onIt, ...testing, ...share], options)));
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
      if (late)
        reject(new Error(`${output}\ndid not end within ${patienceMilliseconds / 1000} s, so it was ended`));
      else if (code === 0) resolve();
      else reject(new Error(output));
    });
  });
}
