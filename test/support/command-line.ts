import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const catena = fileURLToPath(new URL('../../../tools/catena.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's shell: the real `catena` as child processes, with a home folder of its own. */
export class CommandLine {
  private constructor(
    readonly home: string,
    private readonly url: string,
    private readonly program: string,
  ) {}

  /** @param program another `catena` than the one of the checkout */
  static async create(url: string, program = catena): Promise<CommandLine> {
    return new CommandLine(await mkdtemp(join(tmpdir(), 'catena-home-')), url, program);
  }

  async run(
    parameters: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    input = '',
    output?: number,
  ): Promise<Ended> {
    return this.begin(parameters, environment, input, output).ended;
  }

  /**
   * A command that is still running.
   *
   * @param output an open file for standard output; its text is not read then
   */
  begin(
    parameters: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    input = '',
    output?: number,
  ): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [this.program, ...parameters], {
      env: { PATH, HOME: this.home, CATENA_URL: this.url, ...environment },
      stdio: ['pipe', output ?? 'pipe', 'pipe'],
    });
    child.stdin?.end(input);
    const texts = [child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream)));
    const ended = Promise.all([once(child, 'exit'), ...texts]).then(([[code], stdout = '', stderr = '']) => ({
      code: code as number | null,
      stdout,
      stderr,
    }));
    return { child, ended };
  }

  /** Sends SIGINT to a command as soon as what it remembers passes the test. */
  async interruptWhen(
    parameters: readonly string[],
    isTime: (journal: readonly { kind: string }[]) => boolean,
  ): Promise<Ended> {
    const { child, ended } = this.begin(parameters);
    while (child.exitCode === null && !isTime(await this.journal())) await sleep(5);
    child.kill('SIGINT');
    return ended;
  }

  /** What the only ingest of this home remembers. */
  async journal(): Promise<{ kind: string }[]> {
    const folder = join(this.home, '.local', 'state', 'catena');
    const names = await readdir(folder).catch(() => []);
    const file = names.find((name) => name.endsWith('.ndjson'));
    if (file === undefined) return [];
    const lines = (await readFile(join(folder, file), 'utf8')).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as { kind: string });
  }

  async remove(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }
}
