import { Inject, Injectable } from '@nestjs/common';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { ObjectStore, type ListedObject } from '#storage';
import { ReconciledWork } from '../aggregates/reconciled-work.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';

const folders = ['plans/', 'results/'] as const;
const page = 100;

interface Seen {
  readonly jobId: string;
  readonly object: ListedObject;
}

/** Plans and results in the control bucket of jobs that are gone: the sweep of finished jobs goes by the records, and never finds them. */
@Injectable()
export class ListsOfJobs extends ReconciliationCheck {
  readonly name = 'plans and results';

  constructor(
    private readonly work: ReconciledWork,
    private readonly objects: ObjectStore,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    for (const folder of folders) {
      let some: Seen[] = [];
      for await (const object of this.objects.list(this.config.controlBucket, folder)) {
        look.looked();
        if (object.modifiedAt > look.oldEnough) continue;
        some.push({ jobId: jobIdOf(object.key.slice(folder.length)), object });
        if (some.length < page) continue;
        yield* this.withoutJob(some);
        some = [];
      }
      yield* this.withoutJob(some);
    }
  }

  /** A plan is written after its job was accepted: what is older than a job that comes now is another version than its plan. */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const { jobId, object } = seen as Seen;
    if ((await this.work.jobs([jobId])).has(jobId)) return 'changed';
    const others = await this.objects.removeUnchanged(this.config.controlBucket, [object]);
    return others.length === 0 ? 'repaired' : 'changed';
  }

  private async *withoutJob(some: readonly Seen[]): AsyncGenerator<Finding> {
    const known = await this.work.jobs(some.map(({ jobId }) => jobId));
    for (const { jobId, object } of some) {
      if (known.has(jobId)) continue;
      yield {
        ...{ kind: 'list-without-job', subject: object.key, canRepair: true },
        where: `bucket ${this.config.controlBucket}`,
        expected: `a job ${jobId}`,
        found: `none, and ${object.size} bytes of ${object.modifiedAt.toISOString()}`,
        remedy: 'removed',
        seen: { jobId, object } satisfies Seen,
      };
    }
  }
}

/** `<job>/…` or `<job>.ndjson`. */
function jobIdOf(rest: string): string {
  return rest.split('/')[0]!.replace(/\.ndjson$/, '');
}
