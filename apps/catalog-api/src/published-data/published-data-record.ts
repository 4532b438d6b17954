import type { FieldProblem, RegistrationStep } from '#contracts';
import type { OutboxPart } from '#outbox';
import type { ResourceShape } from '../domain/field-query.js';
import type { StoredRecord } from '../records/record-store.js';

type Fields = Record<string, unknown>;

/** SciCat's states, and `withdrawn`: only its creator and administrators still see such a record. */
export type PublicationState = 'private' | 'public' | 'registered' | 'amended' | 'withdrawn';

/** A request to have a version registered, from the request until the publisher's answer. */
export interface Registration {
  readonly version: number;
  readonly state: 'pending' | 'confirmed' | 'refused';
  readonly by: string;
  readonly at: Date;
  readonly step?: RegistrationStep;
  readonly attempts?: number;
  readonly message?: string;
  readonly problems?: readonly FieldProblem[];
}

/** What Catena keeps inside a record; never shown to SciCat's clients. */
export interface PublicationPart {
  outbox?: OutboxPart;
  /** Grows with every step that is told to the publisher. */
  version: number;
  /** The version that was told last as to be registered: what the public is to see. */
  submitted?: number;
  registration?: Registration;
  /** When it was submitted first: its date of issue, whatever is amended later. */
  issuedAt?: Date;
  /** As the publisher read it back from DataCite. */
  doiState?: 'draft' | 'findable' | 'hidden';
  landingPage?: string;
  withdrawal?: {
    readonly at: Date;
    readonly by: string;
    readonly reason: string;
    readonly replacedBy?: string;
  };
  /** Its datasets become public at this time: by the clock alone. */
  embargoUntil?: Date;
  /** Since when the embargo is over, while its datasets are being opened. */
  opening?: Date;
}

/** A document of SciCat's collection `PublishedData`. */
export interface PublishedDataRecord extends StoredRecord {
  doi: string;
  title: string;
  abstract: string;
  datasetPids: string[];
  numberOfFiles?: number;
  sizeOfArchive?: number;
  registeredTime?: Date;
  status: PublicationState;
  metadata: Fields;
  catena?: PublicationPart;
}

/** Fields that have the same name in the flat form and in `metadata`. */
const sameNames = [
  ...['publicationYear', 'dataDescription', 'resourceType', 'url', 'thumbnail', 'scicatUser', 'downloadLink'],
  ...['affiliation'],
] as const;

export const publishedDataShape: ResourceShape = {
  id: 'doi',
  kinds: {
    doi: 'string',
    pid: 'string',
    title: 'string',
    abstract: 'string',
    datasetPids: 'array',
    numberOfFiles: 'number',
    sizeOfArchive: 'number',
    registeredTime: 'date',
    status: 'string',
    metadata: 'object',
    'metadata.publicationYear': 'number',
    createdBy: 'string',
    updatedBy: 'string',
    createdAt: 'date',
    updatedAt: 'date',
  },
  renamed: {
    ...Object.fromEntries(sameNames.map((name) => [name, `metadata.${name}`])),
    creator: 'metadata.creators.name',
    authors: 'metadata.contributors.name',
    publisher: 'metadata.publisher.name',
    relatedPublications: 'metadata.relatedIdentifiers.relatedIdentifier',
    pidArray: 'datasetPids',
  },
};

interface Flat {
  readonly creator?: readonly string[];
  readonly authors?: readonly string[];
  readonly publisher?: string;
  readonly relatedPublications?: readonly string[];
  readonly pidArray?: readonly string[];
  readonly affiliation?: string;
  readonly [field: string]: unknown;
}

/** The flat v3 form as it is stored; only what was given, over the metadata that is there already. */
export function fromFlat(flat: Flat, stored: Fields = {}): Fields {
  const { creator, authors, publisher, relatedPublications, pidArray, affiliation } = flat;
  const metadata: Fields = { ...stored };
  for (const name of sameNames) if (flat[name] !== undefined) metadata[name] = flat[name];
  if (creator !== undefined)
    metadata['creators'] = creator.map((name) => ({
      name,
      ...(affiliation === undefined ? {} : { affiliation: [{ name: affiliation }] }),
    }));
  if (authors !== undefined) metadata['contributors'] = authors.map((name) => ({ name }));
  if (publisher !== undefined) metadata['publisher'] = { name: publisher };
  if (relatedPublications !== undefined)
    metadata['relatedIdentifiers'] = relatedPublications.map((relatedIdentifier) => ({ relatedIdentifier }));
  return {
    ...(flat['title'] === undefined ? {} : { title: flat['title'] }),
    ...(flat['abstract'] === undefined ? {} : { abstract: flat['abstract'] }),
    ...(pidArray === undefined ? {} : { datasetPids: pidArray }),
    ...(flat['status'] === undefined ? {} : { status: stateFromV3(String(flat['status'])) }),
    metadata,
  };
}

/** A record in the flat form of v3. */
export function toFlat(record: PublishedDataRecord): Fields {
  const metadata = (record.metadata as Fields | undefined) ?? {};
  const names = (value: unknown, field = 'name'): unknown[] =>
    Array.isArray(value) ? value.map((item: unknown) => (item as Fields | null)?.[field]) : [];
  const { _id, doi, title, abstract, datasetPids, numberOfFiles, sizeOfArchive, registeredTime } = record;
  return {
    _id,
    doi,
    title,
    abstract,
    pidArray: datasetPids,
    ...(numberOfFiles === undefined ? {} : { numberOfFiles }),
    ...(sizeOfArchive === undefined ? {} : { sizeOfArchive }),
    ...(registeredTime === undefined ? {} : { registeredTime }),
    creator: names(metadata['creators']),
    authors: names(metadata['contributors']),
    publisher: (metadata['publisher'] as Fields | undefined)?.['name'],
    relatedPublications: names(metadata['relatedIdentifiers'], 'relatedIdentifier'),
    ...Object.fromEntries(
      sameNames.filter((name) => metadata[name] !== undefined).map((name) => [name, metadata[name]]),
    ),
    status: stateOfV3(record.status),
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
  };
}

function stateOfV3(status: PublicationState): string {
  if (status === 'withdrawn') return status;
  return status === 'registered' || status === 'amended' ? 'registered' : 'pending_registration';
}

/** v3 knows two words; the stored state stands when it says the same. */
function stateFromV3(status: string): string {
  return status === 'pending_registration' ? 'private' : status;
}
