import { run } from 'node:test';
import { inspect } from 'node:util';
import { indent, seconds, type Tally } from './tally.js';
import { compiled } from './test-files.js';

export interface TestRunOptions {
  readonly project: string;
  /** Files that run at the same time. */
  readonly concurrency: number;
  /** A file that takes longer has failed. */
  readonly timeoutMilliseconds: number;
}

const KEPT_OUTPUT = 40_000;
const OPTIONS = [
  process.env['NODE_OPTIONS'] ?? '',
  `--import ${new URL('what-keeps-alive.js', import.meta.url).href}`,
];

/** Runs test files, each in a process of its own, and prints one line for each. */
export async function runTestFiles(
  files: readonly string[],
  options: TestRunOptions,
  tally: Tally,
): Promise<void> {
  // The test runner hands its files our environment, and has no other way to load something into them.
  process.env['NODE_OPTIONS'] = OPTIONS.join(' ').trim();
  process.env['CATENA_TEST_TIMEOUT'] = String(options.timeoutMilliseconds);
  const queue = [...files];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const began = Date.now();
      const result = await runFile(compiled(options.project, file), options.timeoutMilliseconds);
      done += 1;
      tally.passed += result.passed;
      tally.failed += result.failures.length;
      const verdict = result.failures.length === 0 ? 'ok    ' : 'FAILED';
      const position = `${done}/${files.length}`;
      console.log(`${verdict}  ${position} ${file} (${result.passed} passed, ${seconds(began)})`);
      for (const failure of result.failures) console.log(indent(failure));
      if (result.failures.length > 0 && result.output !== '') console.log(indent(result.output));
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
}

interface FileResult {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly output: string;
}

function runFile(file: string, timeout: number): Promise<FileResult> {
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
    stream.on('test:pass', ({ details, skip, todo, name }) => {
      if (details.type === 'suite' || name === file) return;
      if (skip !== undefined || todo !== undefined) failures.push(`${name}: switched off`);
      else passed += 1;
    });
    stream.on('test:fail', ({ name, details }) => {
      if (details.type === 'suite' && failures.length > 0) return;
      if (!patience.signal.aborted) failures.push(describe(name, details.error));
      else failures.push(`${name}\ndid not end within ${timeout / 1000} s, so it was ended`);
    });
    stream.on('test:stdout', keep);
    stream.on('test:stderr', keep);
    stream.on('end', () => {
      clearTimeout(timer);
      if (passed === 0 && failures.length === 0) failures.push('the file contains no test');
      resolve({ passed, failures, output });
    });
    stream.resume();
  });
}

function describe(name: string, error: Error): string {
  const cause: unknown = error.cause ?? error;
  return `${name}\n${cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause)}`;
}
