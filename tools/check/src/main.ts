import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureRoot, startStack, type Stack } from '../../local-stack/src/index.js';
import { parseArguments, type CheckArguments, type Part } from './arguments.js';
import { OTHER_NODE, unitTestsOnOtherNode } from './other-node.js';
import { staticSteps, type StaticStep } from './static-steps.js';
import { Tally } from './tally.js';
import { testFiles } from './test-files.js';
import { runTestFiles } from './test-run.js';

const PROJECT = fileURLToPath(new URL('../../../..', import.meta.url));
const MINUTE = 60_000;

/** How the test files of each part run. Flows mostly wait, for processes to start and for time to pass: two of them at once. */
const TEST_PARTS = [
  {
    ...{ part: 'unit', concurrency: 2, together: 16, timeoutMilliseconds: 20 * MINUTE, needsStack: false },
    alone: ['docs/model/', 'test/simulation/'],
  },
  {
    ...{ part: 'int', concurrency: 2, together: 5, timeoutMilliseconds: 20 * MINUTE, needsStack: true },
    // They change what is the process's own, take long, or hold several installations.
    alone: [
      'broken-connections',
      'check-database',
      'faults-',
      'held-place',
      'large-',
      'test/browser/',
      'local-stack/',
    ],
  },
  { part: 'flows', concurrency: 2, timeoutMilliseconds: 40 * MINUTE, needsStack: true },
] as const satisfies readonly { part: Part; [key: string]: unknown }[];

const log = (line: string): void => console.log(`        ${line}`);

async function check({ parts, grep }: CheckArguments, tally: Tally): Promise<void> {
  const isWhole = parts.includes('int') && grep === '';
  // What a new machine fetches waits for the network: that goes on beside the first checks. What is wrong with it tells the step that needs it.
  const trees = isWhole && parts.includes('static') ? fetchTrees().catch(() => undefined) : undefined;
  if (parts.includes('static') && !(await checkStatically(tally))) {
    console.log('the build is broken, so no test was run');
    return;
  }
  if (parts.includes('nodes'))
    await tally.step(`unit tests on ${OTHER_NODE}`, () =>
      unitTestsOnOtherNode(PROJECT, testFiles(PROJECT, 'unit', '')),
    );
  const runs = TEST_PARTS.filter(({ part }) => parts.includes(part)).map((options) => ({
    ...options,
    files: testFiles(PROJECT, options.part, grep),
  }));
  await trees;
  await inStack(
    runs.some(({ needsStack, files }) => needsStack && files.length > 0),
    isWhole,
    tally,
    async () => {
      for (const { part, files, ...options } of runs) {
        if (files.length > 0) console.log(`\n${part}: ${files.length} files`);
        await runTestFiles(files, { project: PROJECT, ...options }, tally);
      }
    },
  );
}

/** The Debian trees of the services, and of the browser and the directory. */
async function fetchTrees(): Promise<void> {
  await ensureRoot(process.env, log);
  await ensureRoot(process.env, log, 'extras');
}

/** False when the build failed. The linter takes as long as all other steps together: it runs beside them. */
async function checkStatically(tally: Tally): Promise<boolean> {
  let built = true;
  const steps = staticSteps(PROJECT);
  const isLinter = ({ name }: StaticStep): boolean => name === 'lint';
  const lane = async (some: readonly StaticStep[]): Promise<void> => {
    for (const { name, run } of some) {
      const succeeded = await tally.step(name, run);
      if (name === 'build') built = succeeded;
    }
  };
  await Promise.all([lane(steps.filter(isLinter)), lane(steps.filter((step) => !isLinter(step)))]);
  return built;
}

/** Gives the tests real services, fresh ones for each run; a service that does not start fails the run. */
async function inStack(
  needed: boolean,
  whole: boolean,
  tally: Tally,
  work: () => Promise<void>,
): Promise<void> {
  if (!needed) return work();
  const dataDirectory = await mkdtemp(join(tmpdir(), 'catena-check-'));
  let stack: Stack | undefined;
  const started = await tally.step('services', async () => {
    stack = await startStack({ dataDirectory, log, environment: process.env });
    // A whole run needs the browser and the directory as well: made here, no test waits for them.
    if (whole) await ensureRoot(process.env, log, 'extras');
  });
  try {
    if (!started || stack === undefined) return;
    Object.assign(process.env, stack.environment);
    await work();
  } finally {
    await stack?.stop();
    if (tally.failed === 0) await rm(dataDirectory, { recursive: true, force: true });
    else console.log(`\nthe services' data and logs are kept in ${dataDirectory}`);
  }
}

const tally = new Tally();
try {
  const given = parseArguments(process.argv.slice(2));
  if (given.help !== undefined) {
    console.log(given.help);
    process.exit(0);
  }
  await check(given, tally);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  tally.failed += 1;
}
console.log(tally.summary());
process.exit(tally.succeeded ? 0 : 1);
