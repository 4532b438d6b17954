import { Injectable } from '@nestjs/common';
import { isDuplicateKey } from '#persistence';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';
import { RecordStore, type Update } from '../records/record-store.js';
import { bareText, PublicationSurroundings } from './publication-surroundings.js';
import { PublicationSettings } from './publication-settings.js';
import type { PublishedDataRecord } from './published-data-record.js';
import { PublishedDataQueries } from './published-data-queries.js';

type Fields = Record<string, unknown>;

/**
 * The life of a publication: private → public → registered ⇄ amended. Every step is checked as a whole before anything
 * changes: a refused dataset leaves no half publication behind.
 */
@Injectable()
export class PublishedDataService {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly records: RecordStore,
    private readonly queries: PublishedDataQueries,
    private readonly settings: PublicationSettings,
    private readonly rules: AccessRules,
    private readonly surroundings: PublicationSurroundings,
  ) {}

  async create(caller: Caller, fields: Fields): Promise<PublishedDataRecord> {
    const { status, registeredTime: _r, doi: given, ...others } = fields;
    if (status !== undefined && status !== 'private')
      throw new BadRequest(`A new publication is private: status ${JSON.stringify(status)} cannot be set.`);
    const doi = this.surroundings.doiFor(given);
    const pids = fields['datasetPids'] as string[];
    try {
      return await this.records.insert<PublishedDataRecord>(
        'PublishedData',
        {
          ...others,
          _id: doi,
          doi,
          ...(await this.totalsOf(pids)),
          status: 'private',
          metadata: this.withYear(fields['metadata']),
        },
        caller.username,
      );
    } catch (error) {
      if (isDuplicateKey(error)) throw new Refusal(409, `Published data with doi ${doi} already exists`);
      throw error;
    }
  }

  async patch(
    caller: Caller,
    doi: string,
    fieldsFor: (stored: PublishedDataRecord) => Fields,
  ): Promise<PublishedDataRecord> {
    const record = await this.queries.get(caller, doi);
    const pids = fieldsFor(record)['datasetPids'];
    const totals = Array.isArray(pids) ? await this.totalsOf(pids as string[]) : {};
    return this.change(caller, doi, (stored) => {
      this.checkChangeable(caller, stored);
      const { status, registeredTime: _r, doi: _d, ...others } = fieldsFor(stored);
      if (status !== undefined && status !== stored.status)
        throw new BadRequest(
          `The state of ${doi} is ${stored.status}: it changes by publish, register and amend only.`,
        );
      return { set: { ...others, ...totals } };
    });
  }

  async publish(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    const record = await this.owned(caller, doi);
    if (record.status !== 'private')
      throw bareText(400, 'Published data can only be published if it is in private state.');
    this.checkMetadata(record);
    await this.makePublic(caller, record, {});
    return this.change(caller, doi, (stored) => {
      if (stored.status !== 'private' && stored.status !== 'public')
        throw bareText(400, 'Published data can only be published if it is in private state.');
      return { set: { status: 'public' } };
    });
  }

  async register(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    const record = await this.owned(caller, doi);
    this.checkMetadata(record);
    this.surroundings.checkRegistrationPossible();
    const now = this.surroundings.now();
    await this.makePublic(caller, record, { 'datasetlifecycle.publishedOn': now });
    return this.change(caller, doi, () => ({ set: { status: 'registered', registeredTime: now } }));
  }

  async amend(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    await this.queries.get(caller, doi);
    if (!this.rules.allows(accessTable.publishedData.amend, caller, {}))
      throw bareText(403, 'Only administrators can amend published data.');
    return this.change(caller, doi, (stored) => {
      if (stored.status !== 'registered')
        throw bareText(400, 'Published data can only be amended if it is in registered state.');
      return { set: { status: 'amended' } };
    });
  }

  async remove(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    const record = await this.queries.get(caller, doi);
    this.checkChangeable(caller, record);
    const removed = await this.records.remove<PublishedDataRecord>('PublishedData', doi, caller.username, {
      status: record.status,
    });
    if (removed === undefined) throw new Refusal(404, `Published data with doi ${doi} not found.`);
    return removed;
  }

  private async owned(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    const record = await this.queries.get(caller, doi);
    if (!this.rules.allows(accessTable.publishedData.update, caller, record))
      throw new Refusal(403, 'Unauthorized to update this published data');
    return record;
  }

  /** Administrators may change what is not registered; creators what is private. */
  private checkChangeable(caller: Caller, record: PublishedDataRecord): void {
    if (!this.rules.allows(accessTable.publishedData.update, caller, record))
      throw new Refusal(403, 'Unauthorized to update this published data');
    const states = this.rules.isAdmin(caller) ? ['private', 'public'] : ['private'];
    if (!states.includes(record.status))
      throw bareText(400, `Published data in ${record.status} state cannot be changed.`);
  }

  private checkMetadata(record: PublishedDataRecord): void {
    const problems = this.settings.problemsOf(record.metadata);
    if (problems.length > 0)
      throw new BadRequest(
        problems.join('; '),
        problems.map((message) => ({ message })),
      );
  }

  /** All datasets in one write, after all of them were found and allowed; archive states are not touched. */
  private async makePublic(
    caller: Caller,
    { datasetPids }: PublishedDataRecord,
    more: Fields,
  ): Promise<void> {
    const datasets = await this.datasetsOf(datasetPids);
    const missing = datasetPids.filter((pid) => !datasets.some((dataset) => dataset.pid === pid));
    if (missing.length > 0) throw new Refusal(404, `Dataset not found: ${missing.join(', ')}`);
    const refused = datasets.find(
      (dataset) => !this.rules.allows(accessTable.dataset.update, caller, dataset),
    );
    if (refused !== undefined)
      throw new Refusal(403, `Unauthorized to update this dataset: ${refused.pid}. Nothing was published.`);
    const publication = { isPublished: true };
    const condition = { $in: [...datasetPids] };
    await this.catalogue.datasets.updateMany(
      { _id: condition },
      { $set: { ...publication, ...more, updatedBy: caller.username, updatedAt: this.surroundings.now() } },
    );
    await Promise.all([
      this.catalogue.origDatablocks.updateMany({ datasetId: condition }, { $set: publication }),
      this.catalogue.datablocks.updateMany({ datasetId: condition }, { $set: publication }),
    ]);
  }

  private async totalsOf(
    pids: readonly string[],
  ): Promise<Pick<PublishedDataRecord, 'numberOfFiles' | 'sizeOfArchive'>> {
    const datasets = await this.datasetsOf(pids);
    const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + (number || 0), 0);
    return {
      numberOfFiles: sum(datasets.map(({ numberOfFiles }) => numberOfFiles)),
      sizeOfArchive: sum(datasets.map(({ size }) => size)),
    };
  }

  private datasetsOf(pids: readonly string[]): Promise<DatasetRecord[]> {
    const projection = { pid: 1, ownerGroup: 1, accessGroups: 1, isPublished: 1, size: 1, numberOfFiles: 1 };
    return this.catalogue.datasets.find({ _id: { $in: [...pids] } }, { projection }).toArray();
  }

  private async change(
    caller: Caller,
    doi: string,
    update: (stored: PublishedDataRecord) => Update,
  ): Promise<PublishedDataRecord> {
    const changed = await this.records.change<PublishedDataRecord>('PublishedData', {
      id: doi,
      by: caller.username,
      update,
    });
    if (changed === undefined) throw new Refusal(404, `Published data with doi ${doi} not found.`);
    return changed;
  }

  private withYear(metadata: unknown): Fields {
    if (typeof metadata !== 'object' || metadata === null) return {};
    return { publicationYear: this.surroundings.now().getUTCFullYear(), ...metadata };
  }
}
