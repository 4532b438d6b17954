import { Injectable } from '@nestjs/common';
import { isDirectoryEntry, NamedFiles } from '#kernel';
import { AccessRules, type Caller } from '../domain/access.js';
import { JobRefusal } from '../domain/errors.js';
import type { JobTypeConfiguration } from '../domain/job-configuration.js';
import {
  asksDatasets,
  mayCreateJob,
  notYours,
  type DatasetListEntry,
  type JobOwner,
} from '../domain/job-rules.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';

export type JobDataset = Pick<DatasetRecord, 'pid' | (typeof asked)[number]> & {
  /** Of the files that the job names, where it does not ask for the whole dataset. */
  readonly namedBytes?: number;
};

/** What is decided by, and what job-assembler is told. */
const asked = [
  ...(['ownerGroup', 'accessGroups', 'isPublished', 'sharedWith'] as const),
  ...(['datasetlifecycle', 'size', 'packedSize', 'sourceFolder', '__v'] as const),
];

/** The datasets that a posted job names, and whether its caller may have them worked on. */
@Injectable()
export class JobDatasets {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
  ) {}

  /** Those of some datasets that there are. */
  read(pids: readonly string[]): Promise<JobDataset[]> {
    return this.catalogue.datasetsOf([...new Set(pids)], asked);
  }

  /**
   * The datasets of the list, for a caller who may create the job. Rights come before everything that answers
   * from the datasets: a caller with none learns neither which pids there are nor what their files are called.
   *
   * @param read the datasets of the list, where they were read for this post already
   * @param onBehalf whether the caller posts it for its owner, whose rights count alone
   */
  async admitted(
    caller: Caller | undefined,
    type: JobTypeConfiguration,
    owner: JobOwner,
    list: readonly DatasetListEntry[] | undefined,
    {
      read,
      onBehalf = false,
    }: { read?: readonly JobDataset[] | undefined; onBehalf?: boolean | undefined } = {},
  ): Promise<readonly JobDataset[] | undefined> {
    if (list === undefined) {
      if (!mayCreateJob(this.rules, caller, type, owner, undefined, onBehalf)) throw notYours();
      return undefined;
    }
    const seen = new Set<string>();
    const repeated = list.find(({ pid }) => seen.size === seen.add(pid).size)?.pid;
    const found = read ?? (await this.read([...seen]));
    const known = new Map(found.map((dataset) => [dataset.pid, dataset]));
    const missing = [...seen].filter((pid) => !known.has(pid));
    if (!mayCreateJob(this.rules, caller, type, owner, found, onBehalf)) throw notYours();
    if (missing.length > 0) {
      if (asksDatasets(type) && !this.rules.isAdmin(caller)) throw notYours();
      throw new JobRefusal(400, `Datasets with pid ${missing.slice(0, 100).join(',')} do not exist.`);
    }
    if (repeated !== undefined)
      throw new JobRefusal(404, `Unable to get a dataset. (${repeated} is listed twice.)`);
    // A job type may be open to everybody; the names of files are not.
    const named = list.filter(({ files }) => files.length > 0);
    if (!onBehalf && !named.every(({ pid }) => this.mayReadFiles(caller, type, known.get(pid)!)))
      throw notYours();
    const bytes = await this.bytesOfNamed(named, known);
    return found.map((dataset) => {
      const namedBytes = bytes.get(dataset.pid);
      return namedBytes === undefined ? dataset : { ...dataset, namedBytes };
    });
  }

  private mayReadFiles(caller: Caller | undefined, type: JobTypeConfiguration, dataset: JobDataset): boolean {
    return (
      asksDatasets(type) ||
      this.rules.isCreateJobPrivileged(caller) ||
      this.rules.mayRead(caller, dataset, { sharedWith: true })
    );
  }

  /** @throws JobRefusal 400 naming files, or folders, that a dataset does not have */
  private async bytesOfNamed(
    list: readonly DatasetListEntry[],
    known: ReadonlyMap<string, JobDataset>,
  ): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>();
    for (const { pid, files } of list) {
      let found = await this.named(pid, files, known.get(pid)?.sourceFolder);
      // Looked for again before it is refused: lists may be written at this moment.
      if (found.missing.length > 0) found = await this.named(pid, files, known.get(pid)?.sourceFolder);
      if (found.missing.length > 0)
        throw new JobRefusal(400, 'At least one requested file could not be found.', {
          error: JSON.stringify([{ pid, nonExistFiles: found.missing.slice(0, 100) }]),
        });
      bytes.set(pid, found.bytes);
    }
    return bytes;
  }

  /** One pass over the dataset's files, which are never held at once; the database shows few others than are named, unless these are many. */
  private async named(
    pid: string,
    files: readonly string[],
    sourceFolder: string | undefined,
  ): Promise<{ readonly missing: readonly string[]; readonly bytes: number }> {
    const wanted = new NamedFiles(files, sourceFolder);
    const pattern = wanted.pattern();
    let bytes = 0;
    const rows = this.catalogue.origDatablocks.aggregate<{ path: string; size?: number; perm?: string }>([
      { $match: { datasetId: pid } },
      { $project: { 'dataFileList.path': 1, 'dataFileList.size': 1, 'dataFileList.perm': 1 } },
      { $unwind: '$dataFileList' },
      ...(pattern === undefined ? [] : [{ $match: { 'dataFileList.path': pattern } }]),
      {
        $project: {
          _id: 0,
          path: '$dataFileList.path',
          size: '$dataFileList.size',
          perm: '$dataFileList.perm',
        },
      },
    ]);
    for await (const entry of rows)
      if (!isDirectoryEntry(entry) && wanted.see(entry.path)) bytes += entry.size ?? 0;
    return { missing: wanted.missing, bytes };
  }
}
