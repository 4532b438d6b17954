import { Injectable } from '@nestjs/common';
import { embargoOf, isDoi, problemsOf } from '#datacite';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { PublicationResources } from './publication-resources.js';
import { bareText, PublicationPolicy } from './publication-policy.js';
import { PublicationSettings } from './publication-settings.js';
import type { PublishedDataRecord } from './published-data-record.js';
import { PublishedDataQueries } from './published-data-queries.js';

/** Who may take which step with a publication, and what must be true before. */
@Injectable()
export class PublicationChecks {
  constructor(
    private readonly queries: PublishedDataQueries,
    private readonly settings: PublicationSettings,
    private readonly rules: AccessRules,
    private readonly resources: PublicationResources,
    private readonly policy: PublicationPolicy,
  ) {}

  async owned(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    const record = await this.queries.get(caller, doi);
    this.checkOwned(caller, record);
    return record;
  }

  /** What others can see is never private, so that the state is asked first. */
  async publishable(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    const record = await this.queries.get(caller, doi);
    this.checkPrivate(record);
    this.checkOwned(caller, record);
    return record;
  }

  checkPrivate({ status }: PublishedDataRecord): void {
    if (status !== 'private')
      throw bareText(400, 'Published data can only be published if it is in private state.');
  }

  async amendable(caller: Caller, doi: string): Promise<void> {
    if (!this.rules.allows(accessTable.publishedData.amend, caller, {}))
      throw bareText(403, 'Only admin users can amend published data.');
    await this.queries.get(caller, doi);
  }

  async withdrawable(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    const record = await this.queries.get(caller, doi);
    if (!this.rules.allows(accessTable.publishedData.withdraw, caller, {}))
      throw bareText(403, 'Only administrators can withdraw published data.');
    return record;
  }

  /** Administrators may change what the public does not see as it is; creators what is private. */
  changeable(caller: Caller, record: PublishedDataRecord): void {
    this.inState(caller, record, 'updated');
    this.checkOwned(caller, record);
    this.notPending(record);
  }

  /** What the public has seen leaves a tombstone: its DOI goes on to resolve. */
  removable(caller: Caller, record: PublishedDataRecord): void {
    if (record.status === 'amended')
      throw bareText(
        400,
        `Published data with id ${record._id} is already registered or amended. It cannot be removed. Withdraw it.`,
      );
    this.inState(caller, record, 'removed');
    this.notPending(record);
  }

  /** SciCat's sentences: the state is asked before the owner, as what others can see is never private. */
  private inState(caller: Caller, { _id, status }: PublishedDataRecord, done: 'updated' | 'removed'): void {
    if (this.rules.isAdmin(caller)) {
      if (!['private', 'public', 'amended'].includes(status))
        throw bareText(
          400,
          `Published data with id ${_id} is already registered or amended. It cannot be ${done}.` +
            (status === 'withdrawn' ? ' It was withdrawn: amend it first.' : ''),
        );
    } else if (status !== 'private')
      throw bareText(
        400,
        `Published data can only be ${done === 'updated' ? 'resynced' : done} if it is in private state.`,
      );
  }

  /** @throws Refusal 409: DOIs are the same whatever their case, and so are the pages they lead to */
  async freeDoi(doi: string): Promise<void> {
    const taken = await this.queries.sameDoi(doi);
    if (taken !== undefined) throw new Refusal(409, `Published data with doi ${taken} already exists`);
  }

  /** @throws Refusal 409: what is being registered must not change under the publisher's hands */
  notPending({ _id, catena }: PublishedDataRecord): void {
    if (catena?.registration?.state === 'pending')
      throw bareText(
        409,
        `Published data with doi ${_id} is being registered: wait for the end (GET /api/v4/publisheddata/${encodeURIComponent(_id)}/publication).`,
      );
  }

  /** What the installation's form asks for. */
  metadata(record: PublishedDataRecord): void {
    refuseAll(this.settings.problemsOf(record.metadata));
  }

  /** What DataCite would refuse is refused before anything becomes public. */
  async registrable(record: PublishedDataRecord): Promise<void> {
    if (!isDoi(record._id))
      throw new BadRequest(`${record._id} is not a DOI that can be registered: check DOI_PREFIX.`);
    const problems = problemsOf(await this.resources.resourceOf(record));
    refuseAll(problems.map(({ field, reason }) => `${field}: ${reason}`));
  }

  /** Until when the files stay private, when that lies ahead. */
  async embargoOf(record: PublishedDataRecord): Promise<Date | undefined> {
    const { embargoTimeZone } = this.policy;
    return embargoOf(await this.resources.resourceOf(record), this.policy.now(), embargoTimeZone);
  }

  private checkOwned(caller: Caller, record: PublishedDataRecord): void {
    if (!this.rules.allows(accessTable.publishedData.update, caller, record))
      throw new Refusal(403, 'Unauthorized to update this published data');
  }
}

function refuseAll(problems: readonly string[]): void {
  if (problems.length > 0)
    throw new BadRequest(
      problems.join('; '),
      problems.map((message) => ({ message })),
    );
}
