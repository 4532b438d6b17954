import { storedTime } from '../domain/iso-date.js';
import { Inject, Injectable } from '@nestjs/common';
import { resourceFrom, type DataciteResource } from '#datacite';
import type { PublicDataset } from '#publication-feed';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { rowsWithIds } from '#persistence';
import { Catalogue } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';
import type { PublishedDataRecord } from './published-data-record.js';

type Fields = Record<string, unknown>;

const datasetFields = [
  ...['pid', 'type', 'datasetName', 'description', 'size', 'numberOfFiles', 'creationTime', 'endTime'],
  ...['instrumentIds', 'proposalIds', 'sampleIds', 'techniques', 'keywords', 'license', 'dataFormat'],
];
/** Keywords and the like of one dataset. */
const maxValues = 200;

/** A publication in the words of the public: its datasets with what they refer to, and its DataCite metadata. */
@Injectable()
export class PublicationResources {
  constructor(
    private readonly catalogue: Catalogue,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  async resourceOf(record: PublishedDataRecord): Promise<DataciteResource> {
    return (await this.describe(record)).resource;
  }

  /** Four reads, however many datasets. */
  async describe(
    record: PublishedDataRecord,
  ): Promise<{ resource: DataciteResource; datasets: PublicDataset[] }> {
    const found = await rowsWithIds<DatasetRecord>(this.catalogue.datasets, record.datasetPids, {
      projection: Object.fromEntries(datasetFields.map((name) => [name, 1 as const])),
    });
    const [instruments, proposals, samples] = await Promise.all([
      this.related(
        'Instrument',
        found.flatMap(({ instrumentIds }) => textsIn(instrumentIds)),
        false,
      ),
      this.related(
        'Proposal',
        found.flatMap(({ proposalIds }) => textsIn(proposalIds)),
        true,
      ),
      this.related(
        'Sample',
        found.flatMap(({ sampleIds }) => textsIn(sampleIds)),
        true,
      ),
    ]);
    const position = new Map(record.datasetPids.map((pid, index) => [pid, index]));
    const datasets = found
      .sort((left, right) => position.get(left.pid)! - position.get(right.pid)!)
      .map((dataset) => ({ dataset, shown: publicly(dataset, { instruments, proposals, samples }) }));
    const issuedAt = issueDateOf(record);
    const { publisher, rights, language } = this.config.publicationDefaults;
    const resource = resourceFrom({
      doi: record._id,
      title: record.title,
      abstract: record.abstract,
      ...(issuedAt === undefined ? {} : { registeredTime: issuedAt }),
      ...(record.numberOfFiles === undefined ? {} : { numberOfFiles: record.numberOfFiles }),
      ...(record.sizeOfArchive === undefined ? {} : { sizeOfArchive: record.sizeOfArchive }),
      metadata: record.metadata ?? {},
      datasets: datasets.map(({ dataset, shown }) => ({
        ...shown,
        ...(typeof dataset['license'] === 'string' ? { license: dataset['license'] } : {}),
        ...(typeof dataset['dataFormat'] === 'string' && dataset['dataFormat'] !== ''
          ? { formats: [dataset['dataFormat']] }
          : {}),
      })),
      defaults: {
        publisher: { name: publisher ?? '' },
        ...(rights === undefined ? {} : { rights }),
        ...(language === undefined ? {} : { language }),
      },
    });
    return { resource, datasets: datasets.map(({ shown }) => shown) };
  }

  /** @param openOnly only what is published itself is shown with more than its id */
  private async related(
    collection: 'Instrument' | 'Proposal' | 'Sample',
    ids: readonly string[],
    openOnly: boolean,
  ): Promise<ReadonlyMap<string, Fields>> {
    if (ids.length === 0) return new Map();
    const found = await rowsWithIds<Fields & { _id: string }>(
      this.catalogue.records(collection),
      ids,
      { projection: { name: 1, uniqueName: 1, title: 1, description: 1 } },
      openOnly ? { isPublished: true } : {},
    );
    return new Map(found.map((record) => [record._id, record]));
  }
}

/** Records that were registered before Catena came keep their date. */
export function issueDateOf({ catena, registeredTime }: PublishedDataRecord): Date | undefined {
  return catena?.issuedAt ?? registeredTime;
}

type Related = Readonly<Record<'instruments' | 'proposals' | 'samples', ReadonlyMap<string, Fields>>>;

function publicly(dataset: DatasetRecord, { instruments, proposals, samples }: Related): PublicDataset {
  const { pid, type, size, numberOfFiles } = dataset;
  const description = textOf(dataset['description']);
  const name = textOf(dataset['datasetName']) ?? pid;
  return {
    pid,
    name,
    type: type || 'dataset',
    ...(description === undefined ? {} : { description }),
    size: countOf(size),
    files: countOf(numberOfFiles),
    ...timeField('createdAt', dataset['creationTime']),
    ...timeField('endedAt', dataset['endTime']),
    instruments: textsIn(dataset.instrumentIds).map((id) => ({
      name: textOf(instruments.get(id)?.['name']) ?? textOf(instruments.get(id)?.['uniqueName']) ?? id,
      pid: id,
    })),
    techniques: techniquesIn(dataset['techniques']),
    proposals: textsIn(dataset.proposalIds).map((id) => ({
      id,
      ...field('title', proposals.get(id)?.['title']),
    })),
    samples: textsIn(dataset.sampleIds).map((id) => ({
      id,
      ...field('description', samples.get(id)?.['description']),
    })),
    keywords: textsIn(dataset['keywords']),
  };
}

function techniquesIn(value: unknown): PublicDataset['techniques'] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, maxValues).flatMap((technique: unknown) => {
    const { name, pid } = (technique ?? {}) as Fields;
    const shown = textOf(name);
    return shown === undefined ? [] : [{ name: shown, ...field('pid', pid) }];
  });
}

function textsIn(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((text): text is string => textOf(text) !== undefined).slice(0, maxValues);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function field<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> {
  const text = textOf(value);
  return (text === undefined ? {} : { [name]: text }) as Partial<Record<Name, string>>;
}

function timeField<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> {
  const time = storedTime(value);
  return (Number.isNaN(time.getTime()) ? {} : { [name]: time.toISOString() }) as Partial<
    Record<Name, string>
  >;
}

function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;
}
