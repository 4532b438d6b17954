import { Inject, Injectable } from '@nestjs/common';
import { registrationRefusedV1, type FieldProblem } from '#contracts';
import { backOff, CatenaError, Clock, codeOf, isRetriable, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { eventRow } from '#outbox';
import type { Step } from '../domain/next-step.js';
import type { Publication } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';
import { LeasedPublications } from '../persistence/leased-publications.js';
import type { Lease } from '../persistence/lease.js';
import { noteRegistryError } from '../counters/registry-errors.js';
import { StepProgress } from './step-progress.js';

/** Refusals the author of the record can mend; everything else that stays is for the operator. */
const authorCodes: ReadonlySet<string> = new Set([
  'publication.metadata-refused',
  'publication.metadata-invalid',
  'publication.record-too-large',
  'publication.too-many-files',
]);
const maxProblems = 100;

/** What becomes of a step that failed: again later, for as long as it takes; or never, and the log says why. */
@Injectable()
export class PublicationFaults {
  constructor(
    private readonly held: LeasedPublications,
    private readonly progress: StepProgress,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async after(step: Step, publication: Publication, lease: Lease, error: unknown): Promise<void> {
    const code = codeOf(error, 'publication.unexpected-error');
    if (/^publication[.](registry-|metadata-refused$)/.test(code)) noteRegistryError({ code });
    const now = this.clock.now();
    const fault = { code, message: messageOf(error).slice(0, 2000), at: now };
    const facts = { doi: lease.doi, step, code, error: fault.message };
    const attempts = publication.attempts + 1;
    if (isRetriable(error)) {
      const { first, most } = this.config.retryPause;
      const asked = error instanceof CatenaError ? Number(error.details['retryAfter'] ?? 0) : 0;
      const pause = Math.max(asked, first / 2 + backOff(attempts, first, most));
      this.logger.warn({ ...facts, attempts, pause: Math.round(pause) }, 'a step will be tried again');
      this.progress.send(publication, step, attempts, fault.message);
      const dueAt = new Date(now.getTime() + pause);
      return this.held.save(lease, { attempts, dueAt, leasedUntil: new Date(0), lastFault: fault });
    }
    this.logger.error(
      { ...facts, attempts },
      'a publication is stuck until its record or the configuration is changed',
    );
    const problems = problemsIn(error);
    const blocked = { ...fault, problems };
    const rows =
      authorCodes.has(code) && publication.wanted === 'published'
        ? [this.refusal(publication, code, fault.message, problems)]
        : [];
    const free = { leasedUntil: new Date(0), lastFault: fault };
    if (await this.held.saveUnlessHeard(lease, publication.heard, { attempts, blocked, ...free }, rows))
      return;
    // A newer wish came meanwhile: it is not to blame.
    await this.held.save(lease, free);
  }

  private refusal(
    { _id: doi, version }: Publication,
    code: string,
    message: string,
    problems: readonly FieldProblem[],
  ) {
    return eventRow(
      registrationRefusedV1,
      { doi, version, code, message, problems: [...problems] },
      this.clock.now(),
    );
  }
}

function problemsIn(error: unknown): FieldProblem[] {
  const found = error instanceof CatenaError ? error.details['problems'] : undefined;
  return Array.isArray(found) ? (found as FieldProblem[]).slice(0, maxProblems) : [];
}
