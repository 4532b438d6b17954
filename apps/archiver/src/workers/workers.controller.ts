import { Body, Controller, Get, HttpCode, Param, Post, type OnModuleInit } from '@nestjs/common';
import { Clock, PermanentError } from '#kernel';
import { notThere, OperatorActions, type Operator } from '#operations';
import { ActingOperator, Operators } from '#service-host';
import { ShareModes } from '../persistence/share-modes.js';
import { modeWish, witnessOfModes, wordOf, type ModeShown } from '../shares/mode-calls.js';
import type { WorkerRecord } from '../persistence/operators/worker-record.js';
import { isAlive, scopeOf, Workers } from '../persistence/operators/workers.js';

/** An archiver as operators see it. */
export interface WorkerView extends ModeShown {
  readonly instance: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly slots: number;
  readonly works: number;
  readonly targets: readonly string[];
  /** Whether it has given a sign of life within the last half minute. */
  readonly alive: boolean;
  readonly seenAt: string;
  readonly startedAt: string;
}

/** Who does the work, and who takes none for a while. */
@Operators()
@Controller({ path: 'operations/workers', version: '4' })
export class WorkersController implements OnModuleInit {
  constructor(
    private readonly workers: Workers,
    private readonly modes: ShareModes,
    private readonly actions: OperatorActions,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    for (const action of ['pause.set', 'pause.end'] as const)
      this.actions.addWitness(action, witnessOfModes(this.modes));
  }

  @Get()
  async list(): Promise<{ items: readonly WorkerView[] }> {
    const workers = await this.workers.all();
    const said = await this.modes.inForceOf(workers.map(({ _id }) => scopeOf(_id)));
    return { items: workers.map((worker) => this.viewOf(worker, wordOf(said.get(scopeOf(worker._id))))) };
  }

  /** `pause` and `drain`: it takes nothing new, and what it has begun ends. */
  @Post(':instance/mode')
  @HttpCode(200)
  async steer(
    @Param('instance') instance: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<WorkerView> {
    const scope = scopeOf(instance);
    const { acting, wish, mode, word } = modeWish(operator, body, `worker/${instance}`, this.clock.now());
    await this.workerOf(instance);
    await this.actions.perform(acting, wish, async (entry) => {
      const before = await this.modes.set(scope, mode, { ...word, by: acting.name, entry });
      return { before: wordOf(before), after: { mode, ...wish.details } };
    });
    return this.viewOf(await this.workerOf(instance), wordOf(await this.modes.of(scope)));
  }

  private async workerOf(instance: string): Promise<WorkerRecord> {
    const found = await this.workers.find(instance);
    if (found !== undefined) return found;
    throw new PermanentError(
      notThere,
      `Expected a worker that GET operations/workers shows, found ${JSON.stringify(instance).slice(0, 200)}.`,
    );
  }

  private viewOf({ _id: instance, seenAt, startedAt, ...known }: WorkerRecord, shown: ModeShown): WorkerView {
    const { host, pid, version, slots, works, targets } = known;
    return {
      ...{
        instance,
        host,
        pid,
        version,
        slots,
        works,
        targets,
        alive: isAlive({ seenAt }, this.clock.now()),
      },
      ...{ seenAt: seenAt.toISOString(), startedAt: startedAt.toISOString(), ...shown },
    };
  }
}
