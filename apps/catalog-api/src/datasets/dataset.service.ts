import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf, TransientError } from '#kernel';
import { isDuplicateKey } from '#persistence';
import type { Lifecycle } from '#scicat-words';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable, type Rule } from '../domain/access-table.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { mergeLifecycle, newLifecycle, storedLifecycle } from '../domain/lifecycle.js';
import type { DatasetRecord } from '../persistence/records.js';
import { newObjectId } from '../persistence/user-ids.js';
import type { Precondition } from '../records/preconditions.js';
import { versionOf } from '../records/dataset-version.js';
import { RecordStore } from '../records/record-store.js';
import { ArchiveStateGuard } from './archive-state-guard.js';
import { DatasetConsequences } from './dataset-consequences.js';
import { lists, storedForm } from './dataset-answers.js';

type Fields = Record<string, unknown>;

/** Fields of a dataset that a replacement leaves alone: identity, origin, and what only the system knows. */
const kept = new Set([
  ...[
    '_id',
    'pid',
    'type',
    'version',
    'classification',
    'createdBy',
    'createdAt',
    'updatedBy',
    'updatedAt',
    '__v',
  ],
  ...['size', 'packedSize', 'numberOfFiles', 'numberOfFilesArchived', 'datasetlifecycle'],
]);

/** SciCat's texts: of v4, and of changes in v3. */
const unauthorized = 'Unauthorized access';
const unauthorizedToUpdate = 'Unauthorized to update this dataset';

export interface WriteOptions {
  readonly precondition: Precondition;
  /** What a 404 says; SciCat's bare one where it is empty. */
  readonly missing: string;
  /** What a 403 says, where it is not v3's. */
  readonly refused?: string;
}

/** Attempts of a removal that jobs get in the way of. */
const maxAttempts = 10;

/** The writing use cases of datasets; v3 and v4 are two views on them. */
@Injectable()
export class DatasetService {
  constructor(
    private readonly records: RecordStore,
    private readonly rules: AccessRules,
    private readonly consequences: DatasetConsequences,
    private readonly archiveState: ArchiveStateGuard,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /** @param own Catena's own part, which no answer shows */
  async create(
    caller: Caller,
    fields: Fields,
    version: '3' | '4',
    own: Pick<DatasetRecord, 'catena'> = {},
  ): Promise<DatasetRecord> {
    this.admitCreation(caller, fields, version);
    const pid = givenPid(fields) ?? `${this.config.pidPrefix}/${randomUUID()}`;
    try {
      return await this.records.insert<DatasetRecord>(
        'Dataset',
        await this.complete(caller, fields, pid, version),
        caller.username,
        { own, consequences: (dataset) => this.consequences.ofCreation(dataset) },
      );
    } catch (error) {
      if (isDuplicateKey(error) && !isOfIdempotencyKey(error))
        throw new Refusal(409, `A dataset with pid ${pid} already exists!`);
      throw error;
    }
  }

  /** @throws Refusal 403 or 400, in the order of each version */
  admitCreation(caller: Caller, fields: Fields, version: '3' | '4'): void {
    const given = givenPid(fields);
    if (given !== undefined && version === '4') this.checkPid(given);
    if (!this.rules.mayCreateDataset(caller, String(fields['ownerGroup']), given !== undefined))
      throw new Refusal(403, version === '3' ? 'Unauthorized to create this dataset' : unauthorized);
    if (given !== undefined && version === '3') this.checkPid(given);
  }

  /** Replaces the given top-level fields; a partial lifecycle is merged, so that fields not sent keep their values. */
  change(
    caller: Caller,
    pid: string,
    fieldsFor: (stored: DatasetRecord) => Fields,
    options: WriteOptions,
  ): Promise<DatasetRecord> {
    return this.write(caller, pid, accessTable.dataset.update, options, (stored) => {
      const { datasetlifecycle, ...others } = storedForm(fieldsFor(stored));
      this.checkOwner(caller, stored, others, options);
      return { set: { ...others, ...prefixed('datasetlifecycle.', (datasetlifecycle ?? {}) as Fields) } };
    });
  }

  /** Replaces everything a client can set. Type, version, classification, totals and archive state stay. */
  replace(
    caller: Caller,
    pid: string,
    fieldsFor: (stored: DatasetRecord) => Fields,
    options: WriteOptions,
  ): Promise<DatasetRecord> {
    return this.write(caller, pid, accessTable.dataset.update, options, (stored) => {
      const { datasetlifecycle, ...others } = storedForm(fieldsFor(stored));
      this.checkOwner(caller, stored, others, options);
      const set: Fields = {
        ...Object.fromEntries(lists.map((name) => [name, []])),
        isPublished: false,
        scientificMetadata: {},
        ...others,
        ...prefixed('datasetlifecycle.', (datasetlifecycle ?? {}) as Fields),
      };
      const unset = Object.keys(stored).filter((name) => !kept.has(name) && !(name in set));
      return { set, unset };
    });
  }

  /** Changes single fields. v4 merges what is an object, and brings back what a field was in the beginning for `null`. */
  async changeLifecycle(caller: Caller, pid: string, fields: Fields, version: '3' | '4'): Promise<Lifecycle> {
    const changed = await this.write(
      caller,
      pid,
      accessTable.dataset.updateLifecycle,
      {
        precondition: {},
        missing: `dataset with pid ${pid} not found`,
        ...(version === '4' ? { refused: unauthorized } : {}),
      },
      ({ datasetlifecycle }) => {
        if (version === '3') return { set: prefixed('datasetlifecycle.', storedLifecycle(fields)) };
        const beginning = newLifecycle(this.clock.now(), this.config.retention);
        const merged = mergeLifecycle({ stored: datasetlifecycle, patch: fields, beginning });
        return {
          set: prefixed('datasetlifecycle.', storedLifecycle(merged.set)),
          unset: merged.unset.map((name) => `datasetlifecycle.${name}`),
        };
      },
    );
    return changed.datasetlifecycle;
  }

  /** Adds values to a list, each once. */
  append(caller: Caller, pid: string, field: string, values: readonly unknown[]): Promise<DatasetRecord> {
    return this.write(
      caller,
      pid,
      accessTable.dataset.update,
      { precondition: {}, missing: '' },
      (stored) => {
        const before = stored[field] ?? [];
        if (!Array.isArray(before)) throw new BadRequest(`Field ${field} of dataset ${pid} is not a list.`);
        const all = [...(before as unknown[]), ...values];
        return {
          set: { [field]: [...new Map(all.map((value) => [JSON.stringify(value), value])).values()] },
        };
      },
    );
  }

  /** Removes a dataset with all that belongs to it, so that nothing is orphaned. */
  async remove(caller: Caller, pid: string, missing = ''): Promise<DatasetRecord> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const condition = await this.archiveState.admitRemoval(pid);
      if (condition === undefined) throw notFound(missing);
      const removed = await this.records.remove<DatasetRecord>('Dataset', pid, caller.username, condition);
      if (removed === undefined) continue;
      await this.consequences.ofRemoval(removed, caller.username);
      return removed;
    }
    throw new TransientError(
      'catalog.change-contended',
      `Dataset ${pid} changes too often at the moment: nothing was removed, try again.`,
    );
  }

  private async write(
    caller: Caller,
    pid: string,
    rule: Rule,
    { precondition, missing, refused = unauthorizedToUpdate }: WriteOptions,
    update: (stored: DatasetRecord) => { set: Fields; unset?: string[] },
  ): Promise<DatasetRecord> {
    let before: DatasetRecord | undefined;
    let set: Fields = {};
    const changed = await this.records.change<DatasetRecord>('Dataset', {
      id: pid,
      by: caller.username,
      precondition,
      update: (stored) => {
        if (!this.rules.allows(rule, caller, stored)) throw new Refusal(403, refused);
        before = stored;
        const wanted = update(stored);
        set = wanted.set;
        return wanted;
      },
      admit: async (stored) => {
        await this.archiveState.admit(caller, stored, set);
        // A job that takes the dataset meanwhile raises it.
        return { __v: versionOf(stored) };
      },
    });
    if (changed === undefined || before === undefined) throw notFound(missing);
    return this.consequences.ofChange(before, changed);
  }

  /** A dataset cannot be given away to a group its giver does not belong to. */
  private checkOwner(
    caller: Caller,
    stored: DatasetRecord,
    fields: Fields,
    { refused = unauthorizedToUpdate }: WriteOptions,
  ): void {
    const group = fields['ownerGroup'];
    if (group === undefined || group === stored.ownerGroup || this.rules.isAdmin(caller)) return;
    if (typeof group !== 'string' || !caller.currentGroups.includes(group)) throw new Refusal(403, refused);
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
    const stored = storedForm(fields);
    const lifecycle = {
      _id: newObjectId(),
      ...newLifecycle(this.clock.now(), this.config.retention),
      ...((stored['datasetlifecycle'] ?? {}) as Partial<Lifecycle>),
    };
    return {
      size: 0,
      packedSize: 0,
      numberOfFiles: 0,
      numberOfFilesArchived: 0,
      ...Object.fromEntries(lists.map((name) => [name, []])),
      scientificMetadata: {},
      isPublished: false,
      ...stored,
      ...(await this.consequences.computedFor(caller, stored)),
      datasetlifecycle: lifecycle,
      _id: pid,
      pid,
      version,
    } as unknown as DatasetRecord;
  }
}

function notFound(missing: string): Refusal {
  return missing === ''
    ? new Refusal(404, 'Not Found', { message: 'Not Found', statusCode: 404 })
    : new Refusal(404, missing);
}

/** Posted twice at once under one key: who gave the key looks for the other one. */
function isOfIdempotencyKey(error: unknown): boolean {
  return messageOf(error).includes('catena_idempotency');
}

function givenPid(fields: Fields): string | undefined {
  const { pid } = fields;
  return typeof pid === 'string' && pid !== '' ? pid : undefined;
}

function prefixed(prefix: string, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${prefix}${name}`, value]));
}
