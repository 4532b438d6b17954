import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  type OnModuleInit,
} from '@nestjs/common';
import { Clock, PermanentError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { changedMeanwhile, named, OperatorActions, type Operator } from '#operations';
import { ActingOperator, behindSlash, Operators, operatorText, reasonIn } from '#service-host';
import { SharesToken } from '../archiver.config.js';
import { Adoptions, type WantedAdoption } from '../persistence/adoptions.js';
import type { Adoption } from '../persistence/records.js';
import { AdoptionRuns } from './adoption-runs.js';

/** Runs that are listed. */
const maxListed = 100;
const form =
  '{"target": "name of a share", "by": "your name", "reason": "why", "apply": false, "withoutChecksums": false, "pid": "only this dataset", "createdBefore": "2026-01-31T00:00:00Z"}';

/** What operators say and ask about datablocks of an earlier system. */
@Operators()
@Controller({ path: 'operations/adoptions', version: '4' })
export class AdoptionsController implements OnModuleInit {
  constructor(
    private readonly adoptions: Adoptions,
    private readonly runs: AdoptionRuns,
    private readonly actions: OperatorActions,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
  ) {}

  onModuleInit(): void {
    this.actions.addWitness('adoption.start', async ({ _id }) => {
      const run = await this.adoptions.find(_id);
      return run && { after: { run: run._id, target: run.target, apply: run.apply } };
    });
    this.actions.addWitness('adoption.stop', async ({ _id, subject }) => {
      const run = await this.adoptions.find(behindSlash(subject));
      return run?.stopEntry === _id ? { after: { state: 'stopped', run: run._id } } : undefined;
    });
  }

  /** The newest first, without their problems. */
  @Get()
  list(): Promise<Omit<Adoption, 'problems'>[]> {
    return this.adoptions.newest(maxListed);
  }

  @Get(':id')
  async find(@Param('id') id: string): Promise<Adoption> {
    return (await this.adoptions.find(id)) ?? unknown(id);
  }

  /** Begins a run over what the catalogue lists; without `apply` it only looks whether the files are there. */
  @Post()
  @HttpCode(202)
  async begin(@Body() body: unknown, @ActingOperator() operator: Operator): Promise<Adoption> {
    const acting = named(operator, (body as { by?: unknown } | undefined)?.by);
    const { by: _, ...wanted } = this.wantedIn(body);
    const { reason, ...details } = wanted;
    const wish = {
      ...{ action: 'adoption.start' as const, subject: `adoption/${wanted.target}`, reason, details },
    };
    const { run } = await this.actions.perform(acting, wish, async (entry) => {
      const begun = await this.adoptions.begin({ ...wanted, by: acting.name }, this.clock.now(), entry);
      return { after: { run: begun._id, target: begun.target, apply: begun.apply } };
    });
    this.runs.wake();
    return this.find(String(run));
  }

  /** What is recorded stays recorded. */
  @Post(':id/stop')
  @HttpCode(200)
  async stop(
    @Param('id') id: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<Adoption> {
    const { by, reason } = (body ?? {}) as { by?: unknown; reason?: unknown };
    const acting = named(operator, by);
    const wish = {
      ...{ action: 'adoption.stop' as const, subject: `adoption/${id}` },
      ...(reason === undefined ? {} : { reason: reasonIn(reason) }),
    };
    await this.find(id);
    await this.actions.perform(acting, wish, async (entry) => {
      if (await this.adoptions.stop(id, { by: acting.name, entry }, this.clock.now()))
        return { before: { state: 'running' }, after: { state: 'stopped', run: id } };
      const { state, stoppedBy } = await this.find(id);
      throw new PermanentError(
        changedMeanwhile,
        `Expected a run that goes on, found ${id} ${state}${stoppedBy === undefined ? '' : ` by ${stoppedBy}`}.`,
      );
    });
    return this.find(id);
  }

  private wantedIn(body: unknown): WantedAdoption {
    const said = (body ?? {}) as Partial<Record<keyof WantedAdoption, unknown>>;
    const odd = Object.keys(said).filter((key) => !known.includes(key));
    if (odd.length > 0)
      throw new BadRequestException(`Expected a body ${form}, found ${odd.join(', ')} as well.`);
    const { pid, createdBefore, apply = false, withoutChecksums = false } = said;
    if (typeof apply !== 'boolean' || typeof withoutChecksums !== 'boolean')
      throw new BadRequestException(`Expected true or false as apply and withoutChecksums of ${form}.`);
    const target = operatorText(said.target, 'target', form);
    if (!this.shares.some(({ name }) => name === target))
      throw new BadRequestException(
        `Expected one of the targets ${this.shares.map(({ name }) => name).join(', ')}, found ${JSON.stringify(target)}.`,
      );
    return {
      ...{
        target,
        apply,
        withoutChecksums,
        by: typeof said.by === 'string' ? said.by : '',
        reason: operatorText(said.reason, 'reason', form),
      },
      ...(pid === undefined ? {} : { pid: operatorText(pid, 'pid', form) }),
      ...(createdBefore === undefined ? {} : { createdBefore: timeOf(createdBefore) }),
    };
  }
}

const known: readonly string[] = [
  ...['target', 'pid', 'createdBefore', 'apply', 'withoutChecksums', 'by', 'reason'],
];

function timeOf(value: unknown): Date {
  const time = new Date(typeof value === 'string' ? value : Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new BadRequestException(
    `Expected a time as createdBefore of ${form}, found ${JSON.stringify(value)}.`,
  );
}

function unknown(id: string): never {
  throw new NotFoundException(
    `Expected an adoption ${JSON.stringify(id)}, found none; they are forgotten after 90 days.`,
  );
}
