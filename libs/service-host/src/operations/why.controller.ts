import { Controller, Get, Injectable, Query } from '@nestjs/common';
import type { JobFact, JobFacts, WhyAnswer } from '#console-api';
import { PermanentError } from '#kernel';
import { maxRows, notPossible } from '#operations';
import { ParkedLists } from '#outbox';
import { Operators } from '../endpoint-rule.decorator.js';

/** Whatever an app knows of jobs. Each source answers for many jobs with a bounded number of queries. */
export interface WhySource {
  /** Jobs that it knows nothing of are missing in the answer. */
  factsOf(jobIds: readonly string[]): Promise<ReadonlyMap<string, JobFacts>>;
}

/** The sources of an app: each adds itself when its module begins. An app that has none tells of parked messages only. */
@Injectable()
export class WhySources {
  private readonly sources: WhySource[] = [];

  add(source: WhySource): void {
    this.sources.push(source);
  }

  get all(): readonly WhySource[] {
    return this.sources;
  }
}

/** Every app's own: messages in its parking lot that name a job. */
@Injectable()
export class ParkedFacts implements WhySource {
  constructor(private readonly lists: ParkedLists) {}

  async factsOf(jobIds: readonly string[]): Promise<ReadonlyMap<string, JobFacts>> {
    const facts = new Map<string, JobFact[]>();
    for (const { jobId, code, count, first, sample } of await this.lists.ofJobs(jobIds)) {
      const fact = {
        code: 'message.parked',
        since: first.toISOString(),
        count,
        facts: { code, message: sample },
      };
      facts.set(jobId, [...(facts.get(jobId) ?? []), fact]);
    }
    // A parked message is no record of the job: perhaps it is the one that would have made it.
    return new Map([...facts].map(([id, found]) => [id, { known: false, facts: found }]));
  }
}

/** What this app knows of why jobs wait: facts, no texts. */
@Operators()
@Controller({ path: 'operations/why', version: '4' })
export class WhyController {
  constructor(
    private readonly parked: ParkedFacts,
    private readonly sources: WhySources,
  ) {}

  /** @throws PermanentError `operations.not-possible` for none, or more than 200 jobs */
  @Get()
  async why(@Query() query: Record<string, unknown>): Promise<WhyAnswer> {
    const jobIds = jobIdsIn(query);
    const answers = await Promise.all(
      [...this.sources.all, this.parked].map((source) => source.factsOf(jobIds)),
    );
    const jobs = jobIds.map((id): readonly [string, JobFacts] => {
      const found = answers.flatMap((answer) => answer.get(id) ?? []);
      return [id, { known: found.some(({ known }) => known), facts: found.flatMap(({ facts }) => facts) }];
    });
    return { jobs: Object.fromEntries(jobs) };
  }
}

function jobIdsIn(query: Readonly<Record<string, unknown>>): string[] {
  const { jobId, ...others } = query;
  const ids = (Array.isArray(jobId) ? jobId : [jobId]).flatMap((one: unknown) =>
    typeof one === 'string' && one !== '' && one.length <= 100 && one !== '__proto__' ? [one] : [],
  );
  const asked = Array.isArray(jobId) ? jobId.length : 1;
  if (Object.keys(others).length > 0 || ids.length !== asked || ids.length === 0 || ids.length > maxRows)
    throw new PermanentError(
      notPossible,
      `Expected in the query jobId, once to ${maxRows} times, each a job id, and nothing else.`,
    );
  return [...new Set(ids)];
}
