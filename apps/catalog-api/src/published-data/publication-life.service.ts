import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import {
  publicationAmendedV1,
  publicationPublishedV1,
  publicationSubmittedV1,
  publicationWithdrawnV1,
} from '#contracts';
import { CatenaError, crashPoint, wait } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import type { Caller } from '../domain/access.js';
import { BadRequest, Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import { RecordStore, type Update } from '../records/record-store.js';
import { PublicationChecks } from './publication-checks.js';
import { PublicationDatasets } from './publication-datasets.js';
import { bareText, PublicationPolicy } from './publication-policy.js';
import type { PublicationPart, PublishedDataRecord } from './published-data-record.js';

type Fields = Record<string, unknown>;
type EventOf = (details: { doi: string; version: number; now: Date }) => OutboxRow;

/** Milliseconds between two looks at a registration that a client waits for. */
const look = 100;

/** What became of a request to register. */
export interface RegistrationOutcome {
  readonly record: PublishedDataRecord;
  /** The publisher has not answered yet; it goes on without the client. */
  readonly pending: boolean;
}

/**
 * The life of a publication: private → public → registered ⇄ amended, and from there withdrawn. Every step is checked
 * as a whole before anything changes, and is stored in one write together with the message that tells of it.
 */
@Injectable()
export class PublicationLife {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly records: RecordStore,
    private readonly checks: PublicationChecks,
    private readonly datasets: PublicationDatasets,
    private readonly policy: PublicationPolicy,
  ) {}

  async publish(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    const record = await this.checks.publishable(caller, doi);
    this.checks.metadata(record);
    await this.datasets.check(caller, record);
    const embargo = await this.checks.embargoOf(record);
    const opened = embargo === undefined ? await this.datasets.show(record, caller.username) : [];
    return this.orHide(opened, caller.username, () =>
      this.step(caller.username, doi, published, (stored) => {
        if (stored.status !== 'public') this.checks.checkPrivate(stored);
        checkSame(record, stored);
        return { set: { status: 'public', ...embargoField(embargo) }, unset: noEmbargo(embargo) };
      }),
    );
  }

  /** First or again: what the public is to see from now on. */
  async register(caller: Caller, doi: string): Promise<RegistrationOutcome> {
    const record = await this.checks.owned(caller, doi);
    if (record.status === 'withdrawn')
      throw bareText(400, 'Published data in withdrawn state must be amended before it is registered again.');
    this.checks.metadata(record);
    await this.datasets.check(caller, record);
    if (this.policy.confirmed) return this.registerConfirmed(caller, record);
    const now = this.policy.now();
    const embargo = await this.checks.embargoOf(record);
    const opened =
      embargo === undefined
        ? await this.datasets.show(record, caller.username, { 'datasetlifecycle.publishedOn': now })
        : [];
    const registered = await this.orHide(opened, caller.username, () =>
      this.step(caller.username, doi, submitted, (stored) => {
        checkSame(record, stored);
        const { catena } = stored;
        return {
          set: {
            status: 'registered',
            registeredTime: now,
            'catena.submitted': versionOf(catena) + 1,
            'catena.issuedAt': catena?.issuedAt ?? now,
            ...embargoField(embargo),
          },
          unset: ['catena.registration', 'catena.withdrawal', ...noEmbargo(embargo)],
        };
      }),
    );
    return { record: registered, pending: false };
  }

  async amend(caller: Caller, doi: string): Promise<PublishedDataRecord> {
    await this.checks.amendable(caller, doi);
    return this.step(caller.username, doi, amended, (stored) => {
      this.checks.notPending(stored);
      if (stored.status !== 'registered' && stored.status !== 'withdrawn')
        throw bareText(400, 'Published data can only be amended if it is in registered state.');
      return { set: { status: 'amended' } };
    });
  }

  /** The public sees a tombstone from now on; datasets that nothing else shows are private again. */
  async withdraw(
    caller: Caller,
    doi: string,
    { reason, replacedBy }: { reason: string; replacedBy?: string | undefined },
  ): Promise<PublishedDataRecord> {
    const record = await this.checks.withdrawable(caller, doi);
    // A crash may have come between the record and its datasets.
    if (record.status === 'withdrawn') await this.datasets.hide(record, caller.username);
    const at = this.policy.now();
    const details = { reason, ...(replacedBy === undefined ? {} : { replacedBy }) };
    const withdrawn: EventOf = (event) =>
      eventRow(
        publicationWithdrawnV1,
        { doi: event.doi, version: event.version, withdrawnAt: at.toISOString(), ...details },
        event.now,
      );
    const changed = await this.step(caller.username, doi, withdrawn, (stored) => {
      this.checks.notPending(stored);
      if (stored.status === 'withdrawn')
        throw bareText(400, `Published data with doi ${doi} is withdrawn already.`);
      if (stored.status !== 'registered' && stored.status !== 'amended')
        throw bareText(400, 'Published data can only be withdrawn if it is in registered or amended state.');
      return {
        set: { status: 'withdrawn', 'catena.withdrawal': { at, by: caller.username, ...details } },
        unset: ['catena.embargoUntil'],
      };
    });
    await this.datasets.hide(record, caller.username);
    return changed;
  }

  /** The request is stored, the publisher carries it out; nothing is public before it has confirmed. */
  private async registerConfirmed(caller: Caller, record: PublishedDataRecord): Promise<RegistrationOutcome> {
    await this.checks.registrable(record);
    const { _id: doi } = record;
    const by = caller.username;
    const pending = (await this.part(doi))?.registration;
    if (pending?.state !== 'pending')
      await this.step(by, doi, submitted, (stored) => {
        const { catena, status } = stored;
        if (status === 'withdrawn') throw bareText(400, 'Published data was withdrawn meanwhile.');
        checkSame(record, stored);
        const version = versionOf(catena) + 1;
        const at = this.policy.now();
        const registration = { version, state: 'pending', by, at };
        const issuedAt = catena?.issuedAt ?? at;
        return {
          set: {
            'catena.submitted': version,
            'catena.registration': registration,
            'catena.issuedAt': issuedAt,
          },
        };
      });
    return this.outcomeOf(caller, doi);
  }

  private async outcomeOf(caller: Caller, doi: string): Promise<RegistrationOutcome> {
    const until = this.policy.now().getTime() + this.policy.patience;
    for (;;) {
      const registration = (await this.part(doi))?.registration;
      if (registration?.state === 'refused') {
        const problems = (registration.problems ?? []).map(({ field, reason }) => `${field}: ${reason}`);
        throw bareText(
          424,
          `Error occurred: ${registration.message ?? 'the registration was refused'}${problems.length === 0 ? '' : ` (${problems.join('; ')})`}`,
        );
      }
      const pending = registration?.state === 'pending';
      if (!pending || this.policy.now().getTime() >= until)
        return { record: await this.checks.owned(caller, doi), pending };
      await wait(look);
    }
  }

  private async part(doi: string): Promise<PublicationPart | undefined> {
    const found = await this.catalogue
      .records('PublishedData')
      .findOne({ _id: doi }, { projection: { catena: 1 } });
    return found?.['catena'] as PublicationPart | undefined;
  }

  /** A step that certainly changed nothing leaves no dataset public that was not so before. */
  private async orHide<Result>(
    opened: readonly string[],
    by: string,
    step: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await step();
    } catch (error) {
      // Of a database that broke off nobody knows: the step may be stored, and its datasets shown.
      if (error instanceof CatenaError) await this.datasets.hideAgain(opened, by);
      throw error;
    }
  }

  /** The change and its message in one write. */
  private async step(
    by: string,
    doi: string,
    event: EventOf,
    update: (stored: PublishedDataRecord) => Update,
  ): Promise<PublishedDataRecord> {
    const told = this.policy.isTold(doi);
    const changed = await this.records.change<PublishedDataRecord>('PublishedData', {
      id: doi,
      by,
      update: (stored) => {
        const { set, unset = [] } = update(stored);
        if (!told) return { set: set ?? {}, unset };
        const now = this.policy.now();
        const version = versionOf(stored.catena) + 1;
        return { set: { ...set, 'catena.version': version }, rows: [event({ doi, version, now })], unset };
      },
    });
    if (changed === undefined) throw new Refusal(404, `Published data with doi ${doi} not found.`);
    crashPoint('catalog.after-publication-step');
    const { catena: _, ...shown } = changed;
    return shown;
  }
}

const published: EventOf = (event) => eventRow(publicationPublishedV1, identityOf(event), event.now);
const submitted: EventOf = (event) => eventRow(publicationSubmittedV1, identityOf(event), event.now);
const amended: EventOf = (event) => eventRow(publicationAmendedV1, identityOf(event), event.now);

function identityOf({ doi, version }: { doi: string; version: number }): { doi: string; version: number } {
  return { doi, version };
}

function versionOf(part: PublicationPart | undefined): number {
  return part?.version ?? 0;
}

function embargoField(embargo: Date | undefined): Fields {
  return embargo === undefined ? {} : { 'catena.embargoUntil': embargo };
}

/** Of an earlier submission: a corrected record may be open at once. */
export function noEmbargo(embargo: Date | undefined): string[] {
  return embargo === undefined ? ['catena.embargoUntil'] : [];
}

/** @throws Refusal 409: what was checked is what is published, datasets and rights on them above all */
function checkSame(checked: PublishedDataRecord, stored: PublishedDataRecord): void {
  const content = ({ title, abstract, datasetPids, metadata }: PublishedDataRecord): Fields => ({
    ...{ title, abstract, datasetPids, metadata },
  });
  if (!isDeepStrictEqual(content(checked), content(stored)))
    throw bareText(409, `Published data with doi ${stored._id} was changed meanwhile: try again.`);
}

/** @throws BadRequest */
export function checkReason(reason: unknown): string {
  if (typeof reason === 'string' && reason.trim() !== '' && reason.length <= 2000) return reason.trim();
  throw new BadRequest(
    'Expected a reason of 1 to 2000 characters: the public will read it on the tombstone.',
  );
}
