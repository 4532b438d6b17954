import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { isDuplicateKey } from '#persistence';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import { AccessRules, both, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { newLifecycle, withDates, type Lifecycle } from '../domain/lifecycle.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';
import { newObjectId } from '../persistence/user-ids.js';
import { storedForm } from './dataset-views.js';
import { DatasetPolicies } from '../policies/dataset-policies.service.js';

type Fields = Record<string, unknown>;

export interface ListQuery {
  readonly where: Fields;
  readonly projection: Record<string, 0 | 1> | undefined;
  readonly limit: number;
  readonly skip: number;
  readonly sort: Record<string, 1 | -1> | undefined;
}

/** Conditions of a partial change. */
export interface ChangeOptions {
  /** `If-Unmodified-Since`: 412 when the record changed at that time or later. */
  readonly unmodifiedSince: string | undefined;
}

/** The use cases of datasets; v3 and v4 are two views on them. */
@Injectable()
export class DatasetService {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly policies: DatasetPolicies,
    private readonly clock: Clock,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  async create(caller: Caller, fields: Fields, version: '3' | '4'): Promise<DatasetRecord> {
    const ownerGroup = String(fields['ownerGroup']);
    const given = typeof fields['pid'] === 'string' && fields['pid'] !== '' ? fields['pid'] : undefined;
    if (given !== undefined && version === '4') this.checkPid(given);
    if (!this.rules.mayCreateDataset(caller, ownerGroup, given !== undefined))
      throw new Refusal(403, 'Unauthorized to create this dataset');
    if (given !== undefined && version === '3') this.checkPid(given);
    const dataset = await this.complete(
      caller,
      fields,
      given ?? `${this.config.pidPrefix}/${randomUUID()}`,
      version,
    );
    try {
      await this.catalogue.datasets.insertOne(dataset);
    } catch (error) {
      if (isDuplicateKey(error)) throw new Refusal(409, `A dataset with pid ${dataset.pid} already exists!`);
      throw error;
    }
    return dataset;
  }

  list(caller: Caller | undefined, query: ListQuery): Promise<DatasetRecord[]> {
    const condition = both(query.where, this.rules.visible(caller, { sharedWith: true }));
    let cursor = this.catalogue.datasets.find(condition, { projection: query.projection });
    if (query.sort !== undefined) cursor = cursor.sort(query.sort);
    return cursor
      .skip(query.skip)
      .limit(query.limit === 0 ? 10 : query.limit)
      .toArray();
  }

  async count(caller: Caller | undefined, where: Fields): Promise<number> {
    return this.catalogue.datasets.countDocuments(
      both(where, this.rules.visible(caller, { sharedWith: true })),
    );
  }

  /** @throws Refusal 404 with `missing`, 403 when the caller may not read it */
  async read(
    caller: Caller | undefined,
    pid: string,
    options: { sharedWith: boolean; missing: string },
  ): Promise<DatasetRecord> {
    const dataset = await this.find(pid, options.missing);
    if (!this.rules.mayRead(caller, dataset, options)) throw new Refusal(403, 'Unauthorized access');
    return dataset;
  }

  async find(pid: string, missing: string): Promise<DatasetRecord> {
    const dataset = await this.catalogue.datasets.findOne({ pid });
    if (dataset === null)
      throw missing === ''
        ? new Refusal(404, 'Not Found', { message: 'Not Found', statusCode: 404 })
        : new Refusal(404, missing);
    return dataset;
  }

  /** Replaces the given top-level fields; a partial lifecycle is merged, so that fields not sent keep their values. */
  async change(
    caller: Caller,
    dataset: DatasetRecord,
    fields: Fields,
    options: ChangeOptions,
  ): Promise<DatasetRecord> {
    if (!this.rules.mayUpdate(caller, dataset)) throw new Refusal(403, 'Unauthorized to update this dataset');
    checkUnmodified(dataset.updatedAt, options.unmodifiedSince);
    const { datasetlifecycle, ...others } = storedForm(fields);
    const lifecycle = prefixed('datasetlifecycle.', (datasetlifecycle ?? {}) as Fields);
    return this.set(caller, dataset.pid, { ...others, ...lifecycle }, 'Dataset not found');
  }

  async changeLifecycle(caller: Caller, pid: string, fields: Fields): Promise<Lifecycle> {
    const dataset = await this.find(pid, `dataset with pid ${pid} not found`);
    if (!this.rules.mayUpdateLifecycle(caller, dataset))
      throw new Refusal(403, 'Unauthorized to update this dataset');
    const changed = await this.set(
      caller,
      pid,
      prefixed('datasetlifecycle.', withDates(fields)),
      `dataset with pid ${pid} not found`,
    );
    return changed.datasetlifecycle;
  }

  /** Removes a dataset with its blocks, so that nothing is orphaned. */
  async remove(pid: string): Promise<DatasetRecord> {
    const removed = await this.catalogue.datasets.findOneAndDelete({ pid });
    if (removed === null) throw new Refusal(404, 'Not Found', { message: 'Not Found', statusCode: 404 });
    await Promise.all([
      this.catalogue.origDatablocks.deleteMany({ datasetId: pid }),
      this.catalogue.datablocks.deleteMany({ datasetId: pid }),
    ]);
    return removed;
  }

  private async set(caller: Caller, pid: string, fields: Fields, missing: string): Promise<DatasetRecord> {
    const changed = await this.catalogue.datasets.findOneAndUpdate(
      { pid },
      { $set: { ...fields, updatedBy: caller.username, updatedAt: this.clock.now() } },
      { returnDocument: 'after' },
    );
    if (changed === null) throw new Refusal(404, missing);
    return changed;
  }

  private checkPid(pid: string): void {
    if (this.config.pidPattern !== undefined && !this.config.pidPattern.test(pid))
      throw new Refusal(400, 'PID is not following required standards');
  }

  private async complete(
    caller: Caller,
    fields: Fields,
    pid: string,
    version: '3' | '4',
  ): Promise<DatasetRecord> {
    const now = this.clock.now();
    const stored = storedForm(fields);
    const lifecycle = {
      _id: newObjectId(),
      ...newLifecycle(now, this.config.retention),
      ...((stored['datasetlifecycle'] ?? {}) as Partial<Lifecycle>),
    };
    return {
      size: 0,
      packedSize: 0,
      numberOfFiles: 0,
      numberOfFilesArchived: 0,
      keywords: [],
      techniques: [],
      sharedWith: [],
      relationships: [],
      scientificMetadata: {},
      accessGroups: [],
      isPublished: false,
      proposalIds: [],
      sampleIds: [],
      instrumentIds: [],
      principalInvestigators: [],
      inputDatasets: [],
      usedSoftware: [],
      ...stored,
      classification: await this.policies.classificationFor(caller, stored),
      datasetlifecycle: lifecycle,
      _id: pid,
      pid,
      version,
      createdBy: caller.username,
      updatedBy: caller.username,
      createdAt: now,
      updatedAt: now,
      __v: 0,
    } as unknown as DatasetRecord;
  }
}

function prefixed(prefix: string, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${prefix}${name}`, value]));
}

/** @throws Refusal 412; SciCat compares with `<=` at full seconds of the header */
function checkUnmodified(updatedAt: Date, header: string | undefined): void {
  if (header === undefined) return;
  const since = Date.parse(header);
  if (!Number.isNaN(since) && since <= updatedAt.getTime()) {
    throw new Refusal(412, 'Update error due to failed if-modified-since condition');
  }
}
