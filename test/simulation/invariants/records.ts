import type {
  ClaimRecord,
  DatablockRecord,
  DatasetRecord,
  JobRecord,
} from '../../../apps/catalog-api/src/persistence/records.js';
import type { StoredDatablock, WorkOrder as Work } from '../../../apps/archiver/src/persistence/records.js';
import type {
  AssemblyJob,
  DatasetTask,
  WorkOrder,
} from '../../../apps/job-assembler/src/aggregates/records.js';
import type { Installation } from '../apps/installation.js';

/** What the databases hold at this moment, as judges read it. */
export class Records {
  constructor(private readonly installation: Installation) {}

  get jobs(): readonly JobRecord[] {
    return this.installation.databases['catalog-api'].documents('Job');
  }

  get datasets(): readonly DatasetRecord[] {
    return this.installation.databases['catalog-api'].documents('Dataset');
  }

  get datablocks(): readonly DatablockRecord[] {
    return this.installation.databases['catalog-api'].documents('Datablock');
  }

  get claims(): readonly ClaimRecord[] {
    return this.installation.databases['catalog-api'].documents('catena_dataset_claims');
  }

  get assemblyJobs(): readonly AssemblyJob[] {
    return this.installation.databases['job-assembler'].documents('jobs');
  }

  get orders(): readonly WorkOrder[] {
    return this.installation.databases['job-assembler'].documents('work_orders');
  }

  get works(): readonly Work[] {
    return this.installation.databases.archiver.documents('works');
  }

  get stored(): readonly StoredDatablock[] {
    return this.installation.databases.archiver.documents('datablocks');
  }

  /** Whether the catalogue lists a datablock. */
  isListed(archiveId: string): boolean {
    return this.datablocks.some((datablock) => datablock.archiveId === archiveId);
  }

  /** Whether a sweep will find it: of a dataset that failed, kept for a retry for UNREGISTERED_LIFETIME. */
  isKeptForRetry(archiveId: string): boolean {
    const tasks = this.installation.databases['job-assembler'].documents<DatasetTask>('dataset_tasks');
    return this.orders.some(
      (order) =>
        order.archiveId === archiveId &&
        order.discardedAt === undefined &&
        tasks.some(
          ({ _id, state, swept }) => _id === order.taskId && state === 'failed' && swept === undefined,
        ),
    );
  }

  /** The datasets that a job names. */
  pidsOf({ jobParams }: Pick<JobRecord, 'jobParams'>): string[] {
    const list = (jobParams['datasetList'] ?? []) as readonly { readonly pid: string }[];
    return list.map(({ pid }) => pid);
  }

  /** Jobs that were accepted and are not over. */
  get unfinishedJobs(): readonly JobRecord[] {
    return this.jobs.filter(({ catena }) => catena?.storing !== true && catena?.finished !== true);
  }

  /** Messages that are still in outboxes, as `collection/id`. */
  get unsent(): string[] {
    return Object.values(this.installation.databases).flatMap((database) =>
      database.collectionNames.flatMap((name) =>
        database
          .documents<{ _id: string; outbox?: Outbox; catena?: { outbox?: Outbox } }>(name)
          .filter(({ outbox, catena }) => ((catena?.outbox ?? outbox)?.rows ?? []).length > 0)
          .map(({ _id }) => `${name}/${_id}`),
      ),
    );
  }
}

interface Outbox {
  readonly rows?: readonly unknown[];
}
