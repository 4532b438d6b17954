import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { indent, seconds, type Tally } from './tally.js';
import { compiled } from './test-files.js';

export interface TestRunOptions {
  readonly project: string;
  /** Processes that run at the same time. */
  readonly concurrency: number;
  /** Files that share a process, one after the other: to start one takes longer than most of their tests. Default 1. */
  readonly together?: number;
  /** Files that have a process of their own all the same: they replace its clock, or take minutes. Parts of their paths. */
  readonly alone?: readonly string[];
  /** A file that takes longer has failed. */
  readonly timeoutMilliseconds: number;
}

const KEPT_OUTPUT = 40_000;
const OPTIONS = [
  process.env['NODE_OPTIONS'] ?? '',
  `--import ${new URL('what-keeps-alive.js', import.meta.url).href}`,
];

/** Runs test files, and prints one line for each process. */
export async function runTestFiles(
  files: readonly string[],
  options: TestRunOptions,
  tally: Tally,
): Promise<void> {
  // The test runner hands its files our environment, and has no other way to load something into them.
  process.env['NODE_OPTIONS'] = OPTIONS.join(' ').trim();
  process.env['CATENA_TEST_TIMEOUT'] = String(options.timeoutMilliseconds);
  const { project } = options;
  const queue = batchesOf(files, options);
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let some = queue.shift(); some !== undefined; some = queue.shift()) {
      const began = Date.now();
      const result = await runFiles(
        some.map((file) => compiled(project, file)),
        options,
      );
      done += some.length;
      tally.passed += result.passed;
      tally.failed += result.failures.length;
      const verdict = result.failures.length === 0 ? 'ok    ' : 'FAILED';
      const names = some.length === 1 ? some[0]! : `${some.length} files, from ${some[0]!}`;
      console.log(
        `${verdict}  ${done}/${files.length} ${names} (${result.passed} passed, ${seconds(began)})`,
      );
      for (const failure of result.failures) console.log(indent(failure));
      if (result.failures.length > 0 && result.output !== '') console.log(indent(result.output));
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
}

/** Which files run in one process. Those that run alone come first: what takes longest is not waited for at the end. */
function batchesOf(files: readonly string[], { together = 1, alone = [] }: TestRunOptions): string[][] {
  const isAlone = (file: string): boolean => alone.some((part) => file.includes(part));
  const batches = files.filter(isAlone).map((file) => [file]);
  const others = files.filter((file) => !isAlone(file));
  while (others.length > 0) batches.push(others.splice(0, together));
  return batches;
}

interface Result {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly output: string;
}

async function runFiles(
  files: readonly string[],
  { project, timeoutMilliseconds }: TestRunOptions,
): Promise<Result> {
  if (files.length === 1) return runProcess(files[0]!, files, timeoutMilliseconds);
  const all = join(project, 'dist', `together-${randomUUID()}.spec.js`);
  await writeFile(all, files.map((file) => `import ${JSON.stringify(pathToFileURL(file))};\n`).join(''));
  try {
    return await runProcess(all, files, timeoutMilliseconds);
  } finally {
    await rm(all);
  }
}

/** @param files those whose tests the process runs */
function runProcess(file: string, files: readonly string[], timeout: number): Promise<Result> {
  return new Promise((resolve) => {
    let passed = 0;
    let output = '';
    const failures: string[] = [];
    const keep = ({ message }: { message: string }): void => {
      output = (output + message).slice(-KEPT_OUTPUT);
    };
    // A timer of our own: since Node 24 the runner's ends tests, but no file whose tests are over.
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), timeout);
    const stream = run({ files: [file], concurrency: 1, signal: patience.signal });
    const silent = new Set(files);
    stream.on('test:pass', ({ details, skip, todo, name, file: from = '' }) => {
      if (details.type === 'suite' || name === file) return;
      silent.delete(from);
      if (skip !== undefined || todo !== undefined) failures.push(`${name}: switched off`);
      else passed += 1;
    });
    stream.on('test:fail', ({ name, details, file: from = '' }) => {
      silent.delete(from);
      if (details.type === 'suite' && failures.length > 0) return;
      if (!patience.signal.aborted) failures.push(describe(name, details.error));
      else failures.push(`${name}\ndid not end within ${timeout / 1000} s, so it was ended`);
    });
    stream.on('test:stdout', keep);
    stream.on('test:stderr', keep);
    stream.on('end', () => {
      clearTimeout(timer);
      if (failures.length === 0)
        failures.push(...[...silent].filter(callsNothing).map((one) => `${one}\nthe file contains no test`));
      resolve({ passed, failures, output });
    });
    stream.resume();
  });
}

/** Tests of a conformance suite stand in another file: this one calls it. */
function callsNothing(file: string): boolean {
  return !/^\w+ ?\(/m.test(readFileSync(file, 'utf8'));
}

function describe(name: string, error: Error): string {
  const cause: unknown = error.cause ?? error;
  return `${name}\n${cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause)}`;
}
