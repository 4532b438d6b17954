import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A program that ended with an error, with the end of what it said. */
export class CommandFailed extends Error {}

const KEPT_LINES = 15;

/**
 * Runs a program to its end and returns its lines. It dies with us: a half-made root must not be
 * worked on by an orphan while the next attempt starts.
 */
export function runCommand(
  program: string,
  parameters: readonly string[],
  options: {
    readonly environment?: NodeJS.ProcessEnv;
    readonly workingDirectory?: string;
  } = {},
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', program, ...parameters], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
      cwd: options.workingDirectory,
    });
    const lines: string[] = [];
    // One for each stream: what one says does not fall into a line of the other.
    const splitters = [child.stdout, child.stderr].map((stream) =>
      lineSplitter(stream.setEncoding('utf8'), (line) => void lines.push(line)),
    );
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const finish of splitters) finish();
      if (code === 0) return resolve(lines);
      const said = lines.slice(-KEPT_LINES).join('\n  ');
      reject(new CommandFailed(`${program} ended with ${code ?? signal}:\n  ${said}`));
    });
  });
}

/** Cuts a stream into lines; the function that it returns gives the last one, which may end without a line break. */
function lineSplitter(stream: Readable, onLine: (line: string) => void): () => void {
  let rest = '';
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) onLine(part);
  });
  return () => {
    if (rest !== '') onLine(rest);
  };
}
