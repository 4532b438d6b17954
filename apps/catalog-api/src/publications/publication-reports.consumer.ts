import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  registrationConfirmedV1,
  registrationProgressedV1,
  registrationRefusedV1,
  withdrawalConfirmedV1,
  type Envelope,
  type RegistrationConfirmedV1,
  type RegistrationProgressedV1,
  type RegistrationRefusedV1,
  type WithdrawalConfirmedV1,
} from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { Catalogue } from '../persistence/catalogue.js';
import { withoutWords } from '../persistence/own-fields.js';
import { PublicationChecks } from '../published-data/publication-checks.js';
import { PublicationDatasets } from '../published-data/publication-datasets.js';
import { noEmbargo } from '../published-data/publication-life.service.js';
import type { PublishedDataRecord } from '../published-data/published-data-record.js';
import { RecordStore } from '../records/record-store.js';

/** Applies what the publisher reports: of the version that was submitted last, once; a late report changes nothing. */
@Controller()
export class PublicationReportsConsumer {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly records: RecordStore,
    private readonly datasets: PublicationDatasets,
    private readonly checks: PublicationChecks,
    private readonly clock: Clock,
  ) {}

  /** Only here does a confirmed registration become public in the catalogue. */
  @Handles(registrationConfirmedV1)
  async confirmed(@Payload() { data }: Envelope<RegistrationConfirmedV1>): Promise<Outcome> {
    const { doi, version, doiState, landingPage } = data;
    const record = await this.find(doi);
    if (record?.catena?.submitted !== version) return done;
    const facts = { 'catena.doiState': doiState, 'catena.landingPage': landingPage };
    const registration = record.catena.registration;
    if (registration?.version !== version || registration.state !== 'pending') {
      await this.set(doi, { 'catena.submitted': version }, facts);
      return done;
    }
    const now = this.clock.now();
    const embargo = await this.checks.embargoOf(record);
    if (embargo === undefined)
      await this.datasets.show(record, registration.by, { 'datasetlifecycle.publishedOn': now });
    crashPoint('catalog.before-registered');
    await this.records.change<PublishedDataRecord>('PublishedData', {
      id: doi,
      by: registration.by,
      update: ({ catena }) => {
        const current = catena?.registration;
        if (current?.version !== version || current.state !== 'pending') return {};
        return {
          set: {
            ...facts,
            status: 'registered',
            registeredTime: now,
            'catena.registration.state': 'confirmed',
            ...(embargo === undefined ? {} : { 'catena.embargoUntil': embargo }),
          },
          unset: ['catena.withdrawal', ...noEmbargo(embargo)],
        };
      },
    });
    return done;
  }

  @Handles(registrationRefusedV1)
  async refused(@Payload() { data }: Envelope<RegistrationRefusedV1>): Promise<Outcome> {
    const { doi, version, message, problems } = data;
    const registration = (await this.find(doi))?.catena?.registration;
    const { by, at } = registration ?? { by: 'catena', at: this.clock.now() };
    await this.set(
      doi,
      { 'catena.submitted': version, 'catena.registration.state': { $ne: 'confirmed' } },
      { 'catena.registration': { version, state: 'refused', by, at, message, problems } },
    );
    return done;
  }

  @Handles(registrationProgressedV1)
  async progressed(@Payload() { data }: Envelope<RegistrationProgressedV1>): Promise<Outcome> {
    const { doi, version, step, attempts, message } = data;
    await this.set(
      doi,
      { 'catena.registration.version': version, 'catena.registration.state': 'pending' },
      {
        'catena.registration.step': step,
        'catena.registration.attempts': attempts,
        'catena.registration.message': message,
      },
    );
    return done;
  }

  /** Datasets are hidden with the withdrawal itself; here once more, for a crash in between. */
  @Handles(withdrawalConfirmedV1)
  async withdrawn(@Payload() { data }: Envelope<WithdrawalConfirmedV1>): Promise<Outcome> {
    const record = await this.find(data.doi);
    if (record?.status !== 'withdrawn' || record.catena?.version !== data.version) return done;
    await this.datasets.hide(record, record.catena.withdrawal?.by ?? 'catena');
    await this.set(
      data.doi,
      { status: 'withdrawn', 'catena.version': data.version },
      { 'catena.doiState': 'hidden' },
    );
    return done;
  }

  private async find(doi: string): Promise<PublishedDataRecord | null> {
    return (await this.catalogue
      .records('PublishedData')
      .findOne({ _id: doi }, { projection: withoutWords })) as PublishedDataRecord | null;
  }

  /** Catena's own part only: what clients see, and its time of change, stay as they are. */
  private async set(doi: string, condition: object, fields: Record<string, unknown>): Promise<void> {
    await this.catalogue.records('PublishedData').updateOne({ _id: doi, ...condition }, { $set: fields });
  }
}
