import { spawn } from 'node:child_process';

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
    const collect = lineSplitter((line) => void lines.push(line));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(lines);
      const said = lines.slice(-KEPT_LINES).join('\n  ');
      reject(new CommandFailed(`${program} ended with ${code ?? signal}:\n  ${said}`));
    });
  });
}

/** Cuts a stream of chunks into lines. */
function lineSplitter(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) onLine(part);
  };
}
