import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  type OnModuleInit,
} from '@nestjs/common';
import type { Page, Said } from '#console-api';
import { PermanentError } from '#kernel';
import { notPossible, notThere, OperatorActions, type Operator } from '#operations';
import { ActingOperator, bodyOf, limitIn, Operators, queryOf, reasonIn } from '#service-host';
import { PublicationTargets } from '../accept-publications/publication-targets.js';
import { nextStep } from '../domain/next-step.js';
import { PublicationLists } from '../persistence/publication-lists.js';
import type { Publication } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';
import { Reconciliation } from '../reconcile/reconciliation.js';
import { PublicationRunner } from '../run-publications/publication-runner.js';

/** A publication as operators see it. */
export interface ShownPublication extends Omit<Publication, '_id' | 'doi' | 'outbox'> {
  readonly doi: string;
  readonly registry: Publication['doi'];
  /** What is done next; `none`: nothing. */
  readonly step: string;
  /** Its messages that nobody has accepted. */
  readonly unsent: number;
}

/** What operators do with publications: see what waits and why, try again, compare all places now. */
@Operators()
@Controller({ path: 'operations/publications', version: ['3', '4'] })
export class PublicationsController implements OnModuleInit {
  constructor(
    private readonly lists: PublicationLists,
    private readonly targets: PublicationTargets,
    private readonly runner: PublicationRunner,
    private readonly reconciliation: Reconciliation,
    private readonly actions: OperatorActions,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
  ) {}

  onModuleInit(): void {
    this.actions.mayRepeat('publication.compare', 'publication.retry');
  }

  /** Everything that is not at rest: blocked first, then what waits longest. */
  @Get()
  async list(@Query() query: Record<string, unknown>): Promise<Page<ShownPublication>> {
    const { blocked, code, after, limit } = queryOf(query, ['blocked', 'code', 'after', 'limit']);
    if (blocked !== undefined && blocked !== 'true' && blocked !== 'false')
      throw new PermanentError(
        notPossible,
        `Expected in blocked true or false, found ${JSON.stringify(blocked).slice(0, 100)}.`,
      );
    const filter = {
      ...(blocked === undefined ? {} : { blocked: blocked === 'true' }),
      ...(code === undefined ? {} : { code }),
    };
    const { items, next } = await this.lists.unrest(filter, after, limitIn(limit));
    return { items: items.map((one) => this.view(one)), ...(next === undefined ? {} : { next }) };
  }

  /** Compares the catalogue, the public store and DataCite now, and sets right what it can. */
  @Post('compare')
  @HttpCode(200)
  compare(@Body() body: unknown, @ActingOperator() operator: Operator): Promise<Said> {
    const wish = { action: 'publication.compare' as const, subject: 'publications', ...reasonOf(body) };
    return this.actions.perform(operator, wish, async () => {
      const findings = await this.reconciliation.run();
      return {
        after: { ...findings, unknown: findings.unknown.slice(0, maxNamed), at: findings.at.toISOString() },
      };
    });
  }

  @Get(':doi')
  async get(@Param('doi') doi: string): Promise<ShownPublication> {
    const found = await this.lists.find(doi);
    if (found === null) throw unknown(doi);
    return this.view(found);
  }

  /** Reads the record anew and goes on, whatever stood in the way. */
  @Post(':doi/retry')
  @HttpCode(200)
  retry(
    @Param('doi') doi: string,
    @Body() body: unknown,
    @ActingOperator() operator: Operator,
  ): Promise<Said> {
    const wish = { action: 'publication.retry' as const, subject: `publication/${doi}`, ...reasonOf(body) };
    return this.actions.perform(operator, wish, async () => {
      const before = await this.lists.find(doi);
      if (before === null || !(await this.targets.again(doi, { stale: true }))) throw unknown(doi);
      this.runner.wake();
      const { blocked } = before;
      return {
        ...(blocked === undefined ? {} : { before: { blocked: blocked.code } }),
        after: { doi, state: 'retried' },
      };
    });
  }

  private view(publication: Publication): ShownPublication {
    const { outbox, _id, doi, ...rest } = publication;
    const step = nextStep(publication, this.config.datacite !== undefined);
    return { ...rest, doi: _id, registry: doi, step: step ?? 'none', unsent: outbox.rows.length };
  }
}

/** Publications of which nobody knows why they are shown: named in the audit trail up to so many. */
const maxNamed = 20;

function reasonOf(body: unknown): { readonly reason?: string } {
  const { reason } = bodyOf(body, ['reason']);
  return reason === undefined ? {} : { reason: reasonIn(reason) };
}

function unknown(doi: string): PermanentError {
  return new PermanentError(
    notThere,
    `Expected a publication ${doi.slice(0, 300)}, found none that is known here.`,
  );
}
