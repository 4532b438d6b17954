import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { jobSteeredV1, type Envelope, type JobSteeredV1 } from '#contracts';
import { done, Handles, type Outcome } from '#messaging';
import { JobChanges } from '../events/job-changes.js';
import { JobRecords } from '../persistence/job-records.js';

/** Keeps in the history of a job what operators said of it: its owner reads who, when and why. */
@Controller()
export class JobSteeringConsumer {
  constructor(
    private readonly jobs: JobRecords,
    private readonly news: JobChanges,
  ) {}

  /** Once, however often it comes; of a job that is gone nobody reads. */
  @Handles(jobSteeredV1)
  async steered(@Payload() { data }: Envelope<JobSteeredV1>): Promise<Outcome> {
    const { jobId, by, reason } = data;
    const word = { at: new Date(data.at), by, reason, event: 'steered' as const };
    if (await this.jobs.noteSteering(jobId, { ...word, statusMessage: sentenceOf(data) }))
      this.news.tell(jobId);
    return done;
  }
}

const urgency = ['urgent', 'normal', 'in the background'];

function sentenceOf({ what, priority = 1, until }: JobSteeredV1): string {
  const then = until === undefined ? '' : ` until ${until}`;
  const sentences: Readonly<Record<JobSteeredV1['what'], string>> = {
    priority: `An operator made it ${urgency[priority]}.`,
    defer: until === undefined ? 'An operator has it go on at once.' : `An operator deferred it${then}.`,
    hold: `An operator holds it${then}.`,
    go: 'An operator lets it go on.',
  };
  return sentences[what];
}
