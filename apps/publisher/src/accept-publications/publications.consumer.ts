import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  publicationAmendedV1,
  publicationPublishedV1,
  publicationSubmittedV1,
  publicationWithdrawnV1,
  type Envelope,
  type PublicationAmendedV1,
  type PublicationPublishedV1,
  type PublicationSubmittedV1,
  type PublicationWithdrawnV1,
} from '#contracts';
import { crashPoint } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { PublicationRunner } from '../run-publications/publication-runner.js';
import { PublicationTargets } from './publication-targets.js';

/** Takes note of what the catalogue wants, and answers at once: the work goes on under a lease. */
@Controller()
export class PublicationsConsumer {
  constructor(
    private readonly targets: PublicationTargets,
    private readonly runner: PublicationRunner,
  ) {}

  @Handles(publicationPublishedV1)
  published(@Payload() { data }: Envelope<PublicationPublishedV1>): Promise<Outcome> {
    return this.note(this.targets.note(data.doi, data.version, 'draft'));
  }

  @Handles(publicationSubmittedV1)
  submitted(@Payload() { data }: Envelope<PublicationSubmittedV1>): Promise<Outcome> {
    return this.note(this.targets.note(data.doi, data.version, 'published'));
  }

  @Handles(publicationAmendedV1)
  amended(@Payload() { data }: Envelope<PublicationAmendedV1>): Promise<Outcome> {
    return this.note(this.targets.note(data.doi, data.version, 'unchanged'));
  }

  @Handles(publicationWithdrawnV1)
  withdrawn(@Payload() { data }: Envelope<PublicationWithdrawnV1>): Promise<Outcome> {
    const { doi, version, reason, withdrawnAt, replacedBy } = data;
    const withdrawal = { at: withdrawnAt, reason, ...(replacedBy === undefined ? {} : { replacedBy }) };
    return this.note(this.targets.note(doi, version, 'withdrawn', withdrawal));
  }

  private async note(noted: Promise<boolean>): Promise<Outcome> {
    await noted;
    crashPoint('publisher.after-note');
    this.runner.wake();
    return done;
  }
}
