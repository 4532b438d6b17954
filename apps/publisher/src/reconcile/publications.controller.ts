import {
  BadRequestException,
  Controller,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  ServiceUnavailableException,
} from '@nestjs/common';
import { CatenaError } from '#kernel';
import { Operators } from '#service-host';
import { PublicationTargets } from '../accept-publications/publication-targets.js';
import { nextStep } from '../domain/next-step.js';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';
import { PublicationRunner } from '../run-publications/publication-runner.js';
import { Reconciliation, type Findings } from './reconciliation.js';

const maxRows = 500;

/** What operators do with publications: see what waits and why, try again, compare all places now. */
@Operators()
@Controller({ path: 'operations/publications', version: ['3', '4'] })
export class PublicationsController {
  constructor(
    private readonly store: PublisherStore,
    private readonly targets: PublicationTargets,
    private readonly runner: PublicationRunner,
    private readonly reconciliation: Reconciliation,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
  ) {}

  /** Everything that is not at rest: blocked first, then what waits longest. */
  @Get()
  async list(): Promise<object[]> {
    const find = (condition: object, sort: Record<string, 1>): Promise<Publication[]> =>
      this.store.publications.find(condition).sort(sort).limit(maxRows).toArray();
    const blocked = await find({ 'blocked.at': { $exists: true } }, { 'blocked.at': 1 });
    const due = await find({ dueAt: { $exists: true } }, { dueAt: 1 });
    const isBlocked = new Set(blocked.map(({ _id }) => _id));
    return [...blocked, ...due.filter(({ _id }) => !isBlocked.has(_id))].map((one) => this.view(one));
  }

  @Post('compare')
  @HttpCode(200)
  compare(): Promise<Findings> {
    return this.reconciliation.run().catch((error: unknown) => {
      if (error instanceof CatenaError) throw new ServiceUnavailableException(error.message);
      throw error;
    });
  }

  @Get(':doi')
  async get(@Param('doi') doi: string): Promise<object> {
    const found = await this.store.publications.findOne({ _id: doi });
    if (found === null) throw new NotFoundException(`Nothing is known of ${doi}.`);
    return this.view(found);
  }

  /** Reads the record anew and goes on, whatever stood in the way. */
  @Post(':doi/retry')
  @HttpCode(200)
  async retry(@Param('doi') doi: string): Promise<{ doi: string; state: 'retried' }> {
    if (doi === '') throw new BadRequestException('Expected a DOI.');
    if (!(await this.targets.again(doi, { stale: true })))
      throw new NotFoundException(`Nothing is known of ${doi}.`);
    this.runner.wake();
    return { doi, state: 'retried' };
  }

  private view(publication: Publication): object {
    const { outbox, _id, doi, ...rest } = publication;
    const step = nextStep(publication, this.config.datacite !== undefined);
    return { doi: _id, registry: doi, step: step ?? 'none', unsent: outbox.rows.length, ...rest };
  }
}
