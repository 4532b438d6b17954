import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ClaimChecks } from '#claim-check';
import { pinsChangedV1, type Envelope, type PinLine, type PinsChangedV1 } from '#contracts';
import { crashPoint } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { JobRetrievals } from './job-retrievals.js';

/** What the archiver says of copies that a finished job wanted to keep, or to let go of. */
@Controller()
export class PinReportsConsumer {
  constructor(
    private readonly retrievals: JobRetrievals,
    private readonly claimChecks: ClaimChecks,
  ) {}

  @Handles(pinsChangedV1)
  async changed(@Payload() { data }: Envelope<PinsChangedV1>): Promise<Outcome> {
    const lines = data.copies === undefined ? [] : await this.claimChecks.readLines<PinLine>(data.copies);
    await this.retrievals.answered(data, lines);
    crashPoint('catalog.after-pins');
    return done;
  }
}
