import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Places } from './places.js';

type Log = (line: string) => void;

export interface DemonstrationOptions {
  readonly project: string;
  readonly places: Places;
  readonly url: string;
  readonly password: string;
  readonly log: Log;
}

/** Folders of this project whose files make the first dataset. */
const sources = ['docs', 'examples', 'libs/kernel', 'libs/datablock', 'libs/storage', 'libs/messaging'];
const maxFiles = 60;

/** The main job, once, for everybody to see: files to tape and back with the command line, then compared. */
export class Demonstration {
  private child: ChildProcess | undefined;
  private stopped = false;
  /** Of the published dataset, once it is there. */
  landingPage: string | undefined;

  constructor(private readonly options: DemonstrationOptions) {}

  /** The landing page of an earlier demonstration. */
  async formerPage(): Promise<string | undefined> {
    const text = (await readFile(this.options.places.demo.done, 'utf8')).trim();
    return text.startsWith('http') ? text : undefined;
  }

  get wasGiven(): boolean {
    return existsSync(this.options.places.demo.done);
  }

  /** @returns whether everything came back as it was */
  async give(): Promise<boolean> {
    const { log } = this.options;
    const { data, restored, done } = this.options.places.demo;
    const began = Date.now();
    const files = await this.makeDataset();
    log(`the first dataset: ${files} files of this project, copied to ${this.shown(data)}`);
    await rm(restored, { recursive: true, force: true });
    try {
      await this.catena(
        ['login', '--url', this.options.url, '--username', 'demo', '--password-stdin'],
        this.options.password,
      );
      const ingest = ['ingest', data, '--owner-group', 'demo-group', '--name', 'Sources of Catena', '--new'];
      const pid = (await this.catena(ingest)).trim();
      await this.catena(['archive', pid, '--wait']);
      await this.catena(['retrieve', pid, '--to', restored]);
      const [, page = ''] = (
        await this.catena([
          ...[
            'publish',
            pid,
            '--title',
            'Sources of Catena',
            '--creator',
            'The Catena project',
            '--abstract',
            'Some of the files that Catena is made of.',
            '--wait',
          ],
        ])
      )
        .trim()
        .split('\n');
      this.landingPage = page;
      // It is issued beside the job that archived: nothing waits for it, and nor do we.
      await this.catena(['certificate', pid]).catch(() => {
        if (!this.stopped) log(`its certificate is on its way: npx catena certificate ${pid}`);
      });
      await this.run('diff', ['-r', data, restored], `diff -r ${this.shown(data)} ${this.shown(restored)}`);
    } catch (error) {
      if (!this.stopped)
        log(
          `the demonstration did not succeed: ${(error as Error).message}; the logs are in ${this.options.places.logs}`,
        );
      return false;
    }
    log(`compared: equal (${((Date.now() - began) / 1000).toFixed(1)} s from files to tape and back)`);
    await writeFile(done, `${this.landingPage ?? ''}\n`);
    return true;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGINT');
    await ended;
  }

  /** Copies with their times, so that the restored ones can be seen to be the same. */
  private async makeDataset(): Promise<number> {
    const { project, places } = this.options;
    await rm(places.demo.data, { recursive: true, force: true });
    const found: string[] = [];
    for (const folder of sources) {
      const entries = await readdir(join(project, folder), { recursive: true, withFileTypes: true }).catch(
        () => [],
      );
      for (const entry of entries)
        if (entry.isFile()) found.push(relative(project, join(entry.parentPath, entry.name)));
    }
    const chosen = found.sort().slice(0, maxFiles);
    for (const path of chosen) {
      const target = join(places.demo.data, path);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(join(project, path), target);
      const { atime, mtime } = await stat(join(project, path));
      await utimes(target, atime, mtime);
    }
    return chosen.length;
  }

  private catena(parameters: readonly string[], input = ''): Promise<string> {
    const entry = join(this.options.project, 'tools', 'catena.mjs');
    const shown = parameters.map((word) => (word.startsWith('/') ? this.shown(word) : word));
    const line = `npx catena ${shown.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ')}`;
    return this.run(process.execPath, [entry, ...parameters], line, input);
  }

  /** Runs a program with its output live, and collects what it prints as its result. */
  private async run(
    program: string,
    parameters: readonly string[],
    shown: string,
    input = '',
  ): Promise<string> {
    if (this.stopped) throw new Error('interrupted');
    const { PATH = '' } = process.env;
    const { home } = this.options.places.demo;
    console.log(`$ ${shown}`);
    // A session of its own: Ctrl-C reaches us, and we tell it.
    this.child = spawn(program, [...parameters], {
      env: { PATH, HOME: home, CATENA_URL: this.options.url },
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    let output = '';
    this.child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      process.stdout.write(chunk);
    });
    // A program that reads nothing may be gone before we have closed its input.
    this.child.stdin?.on('error', () => undefined);
    this.child.stdin?.end(input);
    const [code] = (await once(this.child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`"${shown}" ended with ${code ?? 'a signal'}`);
    return output;
  }

  private shown(path: string): string {
    const short = relative(process.cwd(), path);
    return short.startsWith('..') ? path : short;
  }
}
