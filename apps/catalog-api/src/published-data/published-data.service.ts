import { Injectable } from '@nestjs/common';
import { isDuplicateKey } from '#persistence';
import type { Caller } from '../domain/access.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { RecordStore, type Update } from '../records/record-store.js';
import { PublicationChecks } from './publication-checks.js';
import { PublicationDatasets } from './publication-datasets.js';
import { PublicationPolicy } from './publication-policy.js';
import type { PublishedDataRecord } from './published-data-record.js';
import { PublishedDataQueries } from './published-data-queries.js';

type Fields = Record<string, unknown>;

/** Records of publications: made, changed while nobody relies on them, removed. Their life is `PublicationLife`. */
@Injectable()
export class PublishedDataService {
  constructor(
    private readonly records: RecordStore,
    private readonly queries: PublishedDataQueries,
    private readonly checks: PublicationChecks,
    private readonly datasets: PublicationDatasets,
    private readonly policy: PublicationPolicy,
  ) {}

  async create(caller: Caller, fields: Fields): Promise<PublishedDataRecord> {
    const { status, registeredTime: _r, doi: given, ...others } = fields;
    if (status !== undefined && status !== 'private')
      throw new BadRequest(`A new publication is private: status ${JSON.stringify(status)} cannot be set.`);
    const doi = this.policy.doiFor(given);
    if (given !== undefined) await this.checks.freeDoi(doi);
    const pids = fields['datasetPids'] as string[];
    try {
      return await this.records.insert<PublishedDataRecord>(
        'PublishedData',
        {
          ...others,
          _id: doi,
          doi,
          ...(await this.datasets.totals(pids)),
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
    const totals = Array.isArray(pids) ? await this.datasets.totals(pids as string[]) : {};
    return this.change(caller, doi, (stored) => {
      this.checks.changeable(caller, stored);
      const { status, registeredTime: _r, doi: _d, ...others } = fieldsFor(stored);
      if (status !== undefined && status !== stored.status)
        throw new BadRequest(
          `The state of ${doi} is ${stored.status}: it changes by publish, register and amend only.`,
        );
      return { set: { ...others, ...totals } };
    });
  }

  /** Whose publication it is does not matter here: the right to delete is the facility's, not the creator's. */
  async remove(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    const record = await this.queries.whole({ _id: doi });
    this.checks.removable(caller, record);
    const removed = await this.records.remove<PublishedDataRecord>('PublishedData', doi, caller.username, {
      status: record.status,
      'catena.registration.state': { $ne: 'pending' },
    });
    if (removed === undefined) throw new Refusal(404, `Published data with doi ${doi} not found.`);
    const { catena: _, ...shown } = removed;
    return shown;
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
    const { catena: _, ...shown } = changed;
    return shown;
  }

  private withYear(metadata: unknown): Fields {
    if (typeof metadata !== 'object' || metadata === null) return {};
    return { publicationYear: this.policy.now().getUTCFullYear(), ...metadata };
  }
}
