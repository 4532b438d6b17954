import { Injectable } from '@nestjs/common';
import { isThere } from '#persistence';
import { AccessRules, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import { DatasetClaimRecords } from '../persistence/dataset-claim-records.js';
import type { DatasetRecord } from '../persistence/records.js';
import { versionOf } from '../records/dataset-version.js';

type Fields = Readonly<Record<string, unknown>>;

/** What says whether, and from where, a dataset is archived. */
const archiveState = [
  'datasetlifecycle.archivable',
  'datasetlifecycle.retrievable',
  'datasetlifecycle.archiveStatusMessage',
  'datasetlifecycle.retrieveStatusMessage',
  'sourceFolder',
];

/**
 * Keeps owners from rewriting the archive state of what Catena archives or has archived: with it they could archive twice,
 * or add files to a dataset that is called complete. Archive managers, and datasets of other systems, go on as ever.
 */
@Injectable()
export class ArchiveStateGuard {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly claims: DatasetClaimRecords,
    private readonly rules: AccessRules,
  ) {}

  /**
   * Asked between reading the dataset and writing it on the version that was read: a job that comes in between raises it.
   *
   * @param set the fields of the write, lifecycle fields with their prefix
   * @throws Refusal 409
   */
  async admit(caller: Caller, stored: DatasetRecord, set: Fields): Promise<void> {
    const changed = archiveState.filter((name) => name in set && set[name] !== valueOf(stored, name));
    if (changed.length === 0) return;
    if (this.rules.isAdmin(caller) || this.rules.belongs('updateLifecycle', caller)) return;
    const { pid } = stored;
    const claim = await this.claims.openOn(pid);
    if (claim !== undefined)
      throw new Refusal(
        409,
        `Dataset ${pid} is being worked on by job ${claim.jobId}: ${changed.join(', ')} must not change now. Wait for its end, or cancel it.`,
      );
    const ours = { datasetId: pid, createdBy: 'catena' };
    if (await isThere(this.catalogue.datablocks, ours))
      throw new Refusal(
        409,
        `Dataset ${pid} is archived: only an archive manager changes ${changed.join(', ')}.`,
      );
  }

  /**
   * @returns what the dataset must still say when it is removed, undefined when there is none: a job that takes it raises
   * its version after it has claimed it
   * @throws Refusal 409 while a job works on it: its datablocks would lie on long-term storage, known to nobody
   */
  async admitRemoval(pid: string): Promise<Fields | undefined> {
    const dataset = await this.catalogue.datasets.findOne({ _id: pid }, { projection: { __v: 1 } });
    if (dataset === null) return undefined;
    const claim = await this.claims.openOn(pid);
    if (claim !== undefined)
      throw new Refusal(
        409,
        `Dataset ${pid} is being worked on by job ${claim.jobId}. Wait for its end, or cancel it.`,
      );
    return { __v: versionOf(dataset) };
  }
}

function valueOf(stored: DatasetRecord, name: string): unknown {
  const [first = '', second] = name.split('.');
  const value = (stored as unknown as Fields)[first];
  return second === undefined ? value : (value as Fields | undefined)?.[second];
}
