import { randomBytes } from 'node:crypto';
import { existsSync, openSync, readFileSync, writeSync, closeSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandBasics } from '#command-line';
import { Output } from '#command-line';
import { workerPasswordVariableOf } from '#messaging';
import {
  inside,
  sandboxedProcess,
  serviceFile,
  serviceFolder,
} from '../../tools/local-stack/src/services/home.js';
import { debianHome, type DebianHome } from '../support/debian-home.js';
import { repository } from '../support/repository.js';
import type { Hands } from '../../apps/admin-cli/src/check-worker/hands.js';

/** A worker in Python at a prefix of its own, with what a check needs to know about it. */
export class PythonWorker {
  readonly target = 'tape';

  private constructor(
    readonly prefix: string,
    readonly context: CommandBasics,
    private readonly home: DebianHome,
    private readonly worker: ReturnType<typeof sandboxedProcess>,
  ) {}

  /**
   * @param fault name of a class in planted_faults.py; none: the worker as it is in `examples`
   * @param installation whose worker it is; absent: of none, it will be checked
   */
  static async start(
    fault = '',
    installation?: { readonly prefix: string; readonly password: string },
  ): Promise<PythonWorker> {
    const prefix = installation?.prefix ?? `check-${randomBytes(6).toString('hex')}`;
    const password = installation?.password ?? randomBytes(12).toString('hex');
    const broker = new URL(process.env['RABBITMQ_URL'] ?? '');
    const home = await debianHome('worker');
    serviceFolder(home, 'program');
    serviceFolder(home, 'kept');
    for (const [file, place] of [
      ['worker.py', 'examples/worker'],
      ['orders.py', 'examples/worker'],
      ['storage.py', 'examples/worker'],
      ['planted_faults.py', 'test/outside'],
    ] as const)
      serviceFile(home, `program/${file}`, readFileSync(join(repository, place, file), 'utf8'));
    serviceFile(home, 'program/password', `${password}\n`);
    const program = fault === '' ? 'worker.py' : 'planted_faults.py';
    const worker = sandboxedProcess(
      home,
      'worker',
      'SIGTERM',
      ['/usr/bin/python3', inside('program', program)],
      {
        CATENA_BROKER_URL: `amqp://${broker.host}`,
        CATENA_PREFIX: prefix,
        CATENA_TARGET: 'tape',
        CATENA_PASSWORD_FILE: inside('program/password'),
        CATENA_WORKER_FOLDER: inside('kept'),
        CATENA_WORKER_PROGRESS_SECONDS: '0.3',
        PLANTED_FAULT: fault,
      },
    );
    const environment = { ...process.env, [workerPasswordVariableOf('tape')]: password };
    const context = {
      environment,
      output: new Output({ json: false, quiet: true }),
      signal: new AbortController().signal,
    };
    await worker.start();
    return new PythonWorker(prefix, context, home, worker);
  }

  static fileOf(archiveId: string): string {
    return `${encodeURIComponent(archiveId).replaceAll('.', '%2E')}.tar`;
  }

  /** As a power cut, and one changed byte of the newest copy, would be. */
  get hands(): Pick<Hands, 'damage' | 'restart'> {
    return {
      damage: (archiveId) => Promise.resolve(this.damage(archiveId)),
      restart: async () => {
        await this.worker.kill();
        await this.worker.start();
      },
    };
  }

  /** As `kill -9`. */
  kill(): Promise<void> {
    return this.worker.kill();
  }

  startAgain(): Promise<void> {
    return this.worker.start();
  }

  /** What it has written down, a line each: commands, ends, what was sent. */
  get journal(): string {
    const file = join(this.home.dataDirectory, 'kept/journal.ndjson');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  get log(): string {
    return this.worker.lastWords(40);
  }

  /** Relative paths of whatever it keeps. */
  get kept(): string[] {
    return readdirSync(join(this.home.dataDirectory, 'kept'), { recursive: true, encoding: 'utf8' });
  }

  async stop(): Promise<void> {
    await this.worker.kill();
    await this.home.remove();
  }

  private damage(archiveId: string): void {
    const file = openSync(join(this.home.dataDirectory, 'kept/copies', PythonWorker.fileOf(archiveId)), 'r+');
    writeSync(file, Buffer.from('damage'), 0, 6, 700);
    closeSync(file);
  }
}
