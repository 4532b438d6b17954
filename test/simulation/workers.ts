import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Portion, SeedResult } from './worker.js';

/** Seeds that one worker plays at a time. */
const portion = 10;
const main = fileURLToPath(new URL('./worker.js', import.meta.url));

/** Operating-system processes that play stories, one for each core. */
export class Workers {
  private readonly children: ChildProcess[];

  constructor(count = availableParallelism()) {
    this.children = Array.from({ length: count }, () =>
      fork(main, { execArgv: ['--enable-source-maps', '--max-semi-space-size=64'] }),
    );
  }

  /**
   * Plays seeds, in about their order.
   *
   * @param heard of each result; true: no more seeds are begun
   */
  async play(
    seeds: readonly number[],
    fault: number | undefined,
    heard: (result: SeedResult) => boolean,
  ): Promise<void> {
    let at = 0;
    let isOver = false;
    const lane = async (child: ChildProcess): Promise<void> => {
      while (!isOver && at < seeds.length) {
        const mine = seeds.slice(at, (at += portion));
        for (const result of await this.ask(child, {
          seeds: mine,
          ...(fault === undefined ? {} : { fault }),
        }))
          if (!isOver) isOver = heard(result);
      }
    };
    await Promise.all(this.children.map(lane));
  }

  end(): void {
    for (const child of this.children) child.kill();
  }

  private ask(child: ChildProcess, wanted: Portion): Promise<SeedResult[]> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void =>
        reject(
          new Error(
            `Expected a worker to play seeds ${wanted.seeds.join(', ')}, found that it ended (${String(code)}).`,
          ),
        );
      child.once('exit', ended);
      child.once('message', (results) => {
        child.off('exit', ended);
        resolve(results as SeedResult[]);
      });
      child.send(wanted);
    });
  }
}
