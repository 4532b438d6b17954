import { isTimeZone } from '#datacite';
import {
  attempted,
  bytesFrom,
  configurationFrom,
  duration,
  integer,
  messageOf,
  refuse,
  required,
  type Environment,
  listFrom,
  withoutSlash,
} from '#kernel';
import { mailOptionsFrom, type MailOptions } from '#mail';
import { serviceHostOptionsFrom, type ServiceHostOptions } from '#service-host';
import { s3OptionsFrom, type S3ObjectStoreOptions } from '#storage';
import type { GroupLists } from './domain/access.js';
import { identityConfigFrom, type IdentityConfig } from './identity.config.js';
import { jobMailConfigFrom, type JobMailConfig } from './job-mails.config.js';
import { ingestorConfigFrom, type IngestorConfig } from '#ingestor-uploads';
import { edgeConfigFrom, type EdgeConfig } from './edge.config.js';

/** Injection token of the validated configuration. */
export const ConfigToken = Symbol('CatalogApiConfig');

/** Everything catalog-api reads from its environment; SciCat's variables keep their names. See docs/configuration.md. */
export interface CatalogApiConfig {
  readonly serviceHost: ServiceHostOptions;
  readonly host: string;
  readonly port: number;
  readonly jwtSecret: string;
  /** Seconds. */
  readonly jwtExpiresIn: number;
  readonly functionalAccountsFile: string | undefined;
  readonly jobConfigurationFile: string | undefined;
  readonly identity: IdentityConfig;
  readonly edge: EdgeConfig;
  /** The API that ingestors speak. */
  readonly ingestor: IngestorConfig;
  readonly groups: GroupLists;
  readonly history: {
    /** Collections whose changes are recorded. */
    readonly tracked: readonly string[];
    /** `delta`: changed fields only; `document`: whole documents. */
    readonly strategy: 'delta' | 'document';
  };
  readonly metadataSchemas: {
    /** `host[:port]` of the servers that schemas of scientific metadata may come from. */
    readonly allowedHosts: readonly string[];
    /** Milliseconds. */
    readonly timeout: number;
  };
  readonly publishedDataConfigFile: string | undefined;
  readonly doi: {
    /** Without trailing slash. */
    readonly prefix: string;
    /** Ten hexadecimal digits instead of a UUID. */
    readonly shortSuffix: boolean;
    /** Registering waits until the publisher has confirmed it; otherwise a record is registered here at once. */
    readonly confirmed: boolean;
    /** Milliseconds a request waits for that before it is answered with 202. */
    readonly patience: number;
  };
  /** Where the day begins on which an embargo ends: an IANA name. */
  readonly embargoTimeZone: string;
  /** Whether a publisher is told of publications. */
  readonly publicationEvents: boolean;
  /** What records of publications do not say themselves. */
  readonly publicationDefaults: {
    readonly publisher: string | undefined;
    /** SPDX id. */
    readonly rights: string | undefined;
    readonly language: string | undefined;
  };
  /** Where the API's description is served, without slashes. */
  readonly explorerPath: string;
  readonly pidPrefix: string;
  readonly pidPattern: RegExp | undefined;
  /** As the variable says it: SciCat puts nothing between it and the rest. */
  readonly instrumentPidPrefix: string;
  /** JSON file with the values of a proposal's `type`, beside the default one. */
  readonly proposalTypesFile: string | undefined;
  /** The search for metadata paths: records looked at, paths answered. */
  readonly metadataPaths: { readonly records: number; readonly paths: number };
  readonly jobDefaults: { readonly statusCode: string; readonly statusMessage: string };
  /** Milliseconds from now until which the `executionTime` of a job may lie. */
  readonly furthestExecution: number;
  /** Years. */
  readonly retention: { readonly archive: number; readonly publication: number };
  /** Bytes of the largest request body. */
  readonly bodyLimit: number;
  readonly store: S3ObjectStoreOptions;
  readonly landingZone: {
    readonly bucket: string;
    readonly linkSeconds: number;
    /** Uploads in parts that one person may have open. */
    readonly uploadsPerPerson: number;
    /** Milliseconds after which one that nobody asked for again is thrown away. */
    readonly uploadLifetime: number;
  };
  /** Milliseconds for which a dataset remembers the `Idempotency-Key` it was posted under. */
  readonly idempotencyKeyLifetime: number;
  /** Certificates that are kept of a dataset: the newest ones. */
  readonly maxCertificates: number;
  /** Event streams open at the same time. */
  readonly eventStreams: { readonly perPerson: number; readonly perProcess: number };
  /** What callers without an account may ask for in an hour; 0 for any number. */
  readonly anonymousJobs: {
    readonly datasetsPerAddress: number;
    readonly datasetsPerProcess: number;
    readonly jobsPerMailbox: number;
  };
  /** Which collections are held in memory: those of at least and of at most so many records. */
  readonly recordIndex: {
    readonly from: number;
    readonly upTo: number;
    /** Milliseconds between two comparisons of everything with the database. */
    readonly comparedEvery: number;
  };
  readonly controlBucket: string;
  /** Milliseconds for which an object that a message names may be missing before it counts as lost. */
  readonly referencePatience: number;
  /** Milliseconds after which a claim without a stored job counts as left by a crash. */
  readonly orphanClaimAge: number;
  readonly mail: MailOptions | undefined;
  readonly jobMails: JobMailConfig | undefined;
  /** Environment variables that job templates may read. */
  readonly templateEnvironment: Readonly<Record<string, string>>;
}

const outboxes = [
  { collection: 'Job', path: 'catena.outbox' },
  { collection: 'catena_dataset_claims', path: 'outbox' },
  { collection: 'PublishedData', path: 'catena.outbox' },
];

export function catalogApiConfigFrom(environment: Environment): CatalogApiConfig {
  // What job templates may read are secrets as a rule: tokens of whoever is called.
  return configurationFrom(environment, read, listFrom(environment['JOB_TEMPLATE_VARIABLES']));
}

function read(environment: Environment): CatalogApiConfig {
  const text = (name: string, fallback: string): string => environment[name] ?? fallback;
  return {
    serviceHost: serviceHostOptionsFrom(environment, 'catalog-api', outboxes, {
      catalogueSide: 'catalog-api',
    }),
    host: text('HOST', '127.0.0.1'),
    port: integer(environment, 'PORT', 3000, 0),
    jwtSecret: required(environment, 'JWT_SECRET', 'a-long-random-text'),
    jwtExpiresIn: integer(environment, 'JWT_EXPIRES_IN', 3600),
    functionalAccountsFile: environment['FUNCTIONAL_ACCOUNTS_FILE'],
    jobConfigurationFile: environment['JOB_CONFIGURATION_FILE'],
    identity: identityConfigFrom(environment),
    edge: edgeConfigFrom(environment),
    ingestor: ingestorConfigFrom(environment),
    groups: groupListsFrom(environment),
    history: {
      tracked: listFrom(environment['TRACKABLES']),
      strategy: environment['TRACKABLE_STRATEGY'] === 'document' ? 'document' : 'delta',
    },
    metadataSchemas: {
      allowedHosts: listFrom(environment['METADATA_SCHEMA_HOSTS']),
      timeout: integer(environment, 'HTTP_TIMEOUT', 5000),
    },
    publishedDataConfigFile: environment['PUBLISHED_DATA_CONFIG_FILE'],
    doi: {
      prefix: withoutSlash(text('DOI_PREFIX', '10.5072')),
      shortSuffix: environment['DOI_SHORT_SUFFIX'] === 'true',
      confirmed: isConfirmed(environment),
      patience: duration(environment, 'REGISTRATION_PATIENCE', '20s'),
    },
    embargoTimeZone: timeZoneFrom(environment, environment['EMBARGO_TIME_ZONE'] ?? 'UTC'),
    publicationEvents: environment['PUBLICATION_EVENTS'] !== 'off',
    publicationDefaults: {
      publisher: environment['PUBLICATION_PUBLISHER'],
      rights: environment['PUBLICATION_RIGHTS'],
      language: environment['PUBLICATION_LANGUAGE'],
    },
    explorerPath: text('SWAGGER_PATH', 'explorer').replace(/^\/+|\/+$/g, ''),
    pidPrefix: withoutSlash(text('PID_PREFIX', '')),
    pidPattern: pidPatternFrom(environment),
    instrumentPidPrefix: text('PID_PREFIX', ''),
    proposalTypesFile: environment['PROPOSAL_TYPES_FILE'],
    metadataPaths: {
      records: integer(environment, 'METADATA_PARENT_INSTANCES_RETURN_LIMIT', 100),
      paths: integer(environment, 'METADATA_KEYS_RETURN_LIMIT', 100),
    },
    jobDefaults: {
      statusCode: text('JOB_DEFAULT_STATUS_CODE', 'jobSubmitted'),
      statusMessage: text('JOB_DEFAULT_STATUS_MESSAGE', 'Job submitted.'),
    },
    furthestExecution: duration(environment, 'FURTHEST_EXECUTION_TIME', '366d'),
    retention: {
      archive: integer(environment, 'POLICY_RETENTION_SHIFT', 10, 0),
      publication: integer(environment, 'POLICY_PUBLICATION_SHIFT', 3, 0),
    },
    bodyLimit: bodyLimitFrom(environment, text('MAX_FILE_UPLOAD_SIZE', '16mb')),
    store: {
      ...s3OptionsFrom(environment),
      ...(environment['S3_PUBLIC_ENDPOINT'] ? { publicEndpoint: environment['S3_PUBLIC_ENDPOINT'] } : {}),
    },
    referencePatience: duration(environment, 'REFERENCE_PATIENCE', '10m'),
    landingZone: {
      bucket: text('LANDING_ZONE_BUCKET', 'landing-zone'),
      linkSeconds: Math.floor(duration(environment, 'LANDING_ZONE_LINK_LIFETIME', '1h') / 1000),
      uploadsPerPerson: integer(environment, 'LANDING_ZONE_UPLOADS_PER_PERSON', 100),
      uploadLifetime: duration(environment, 'LANDING_ZONE_UPLOAD_LIFETIME', '7d'),
    },
    idempotencyKeyLifetime: duration(environment, 'IDEMPOTENCY_KEY_LIFETIME', '7d'),
    maxCertificates: integer(environment, 'MAX_CERTIFICATES_PER_DATASET', 5),
    eventStreams: {
      perPerson: integer(environment, 'EVENT_STREAMS_PER_PERSON', 10),
      perProcess: integer(environment, 'EVENT_STREAMS_PER_PROCESS', 1000),
    },
    anonymousJobs: {
      datasetsPerAddress: integer(environment, 'ANONYMOUS_DATASETS_PER_ADDRESS', 100, 0),
      datasetsPerProcess: integer(environment, 'ANONYMOUS_DATASETS_PER_PROCESS', 1000, 0),
      jobsPerMailbox: integer(environment, 'ANONYMOUS_JOBS_PER_MAILBOX', 10, 0),
    },
    recordIndex: {
      from: integer(environment, 'RECORD_INDEX_FROM', 5000, 0),
      upTo: integer(environment, 'RECORD_INDEX_UP_TO', 2_000_000, 0),
      comparedEvery: duration(environment, 'RECORD_INDEX_COMPARED_EVERY', '6h'),
    },
    orphanClaimAge: duration(environment, 'ORPHAN_CLAIM_AGE', '60s'),
    controlBucket: text('CONTROL_BUCKET', 'catena-control'),
    mail: mailOptionsFrom(environment),
    jobMails: jobMailConfigFrom(environment),
    templateEnvironment: Object.fromEntries(
      listFrom(environment['JOB_TEMPLATE_VARIABLES']).map((name) => [name, environment[name] ?? '']),
    ),
  };
}

function groupListsFrom(environment: Environment): GroupLists {
  const groups = (name: string, fallback = ''): readonly string[] => listFrom(environment[name] ?? fallback);
  return {
    admin: groups('ADMIN_GROUPS'),
    delete: groups('DELETE_GROUPS'),
    createDataset: groups('CREATE_DATASET_GROUPS', '#all'),
    createDatasetWithPid: groups('CREATE_DATASET_WITH_PID_GROUPS'),
    createDatasetPrivileged: groups('CREATE_DATASET_PRIVILEGED_GROUPS'),
    updateLifecycle: groups('UPDATE_DATASET_LIFECYCLE_GROUPS'),
    createJobPrivileged: groups('CREATE_JOB_PRIVILEGED_GROUPS'),
    updateJobPrivileged: groups('UPDATE_JOB_PRIVILEGED_GROUPS'),
    deleteJob: groups('DELETE_JOB_GROUPS'),
    proposal: groups('PROPOSAL_GROUPS'),
    sample: groups('SAMPLE_GROUPS', '#all'),
    samplePrivileged: groups('SAMPLE_PRIVILEGED_GROUPS'),
    attachment: groups('ATTACHMENT_GROUPS', '#all'),
    attachmentPrivileged: groups('ATTACHMENT_PRIVILEGED_GROUPS'),
    policy: groups('POLICY_GROUPS'),
    historyOfDatasets: groups('HISTORY_ACCESS_DATASET_GROUPS'),
    historyOfProposals: groups('HISTORY_ACCESS_PROPOSAL_GROUPS'),
    historyOfSamples: groups('HISTORY_ACCESS_SAMPLE_GROUPS'),
    historyOfInstruments: groups('HISTORY_ACCESS_INSTRUMENT_GROUPS'),
    historyOfPublishedData: groups('HISTORY_ACCESS_PUBLISHED_DATA_GROUPS'),
    historyOfPolicies: groups('HISTORY_ACCESS_POLICIES_GROUPS'),
    historyOfDatablocks: groups('HISTORY_ACCESS_DATABLOCK_GROUPS'),
    historyOfAttachments: groups('HISTORY_ACCESS_ATTACHMENT_GROUPS'),
    operator: groups('OPERATIONS_GROUPS'),
    operationsViewer: groups('OPERATIONS_VIEWER_GROUPS'),
  };
}

/** SciCat writes `16mb`. */
function bodyLimitFrom(environment: Environment, text: string): number {
  const size = text.replace(/mb$/i, 'MiB').replace(/kb$/i, 'KiB');
  return attempted(environment, () => bytesFrom(size), 0, 'MAX_FILE_UPLOAD_SIZE');
}

function pidPatternFrom(environment: Environment): RegExp | undefined {
  const enabled = environment['DATASET_CREATION_VALIDATION_ENABLED'] === 'true';
  const source = environment['DATASET_CREATION_VALIDATION_REGEX'];
  if (!enabled || source === undefined || source === '') return undefined;
  try {
    return new RegExp(source);
  } catch (error) {
    refuse(
      environment,
      `Expected DATASET_CREATION_VALIDATION_REGEX to be a regular expression, found ${messageOf(error)}.`,
    );
    return undefined;
  }
}

function timeZoneFrom(environment: Environment, name: string): string {
  if (!isTimeZone(name))
    refuse(
      environment,
      `Expected EMBARGO_TIME_ZONE to be the IANA name of a time zone, such as Europe/Zurich, found ${JSON.stringify(name)}.`,
    );
  return name;
}

/** SciCat's variable says that a registry exists; what is registered there is then the publisher's to confirm. */
function isConfirmed(environment: Environment): boolean {
  const wanted = environment['DOI_REGISTRATION'] ?? '';
  if (wanted !== '' && wanted !== 'confirmed' && wanted !== 'local')
    refuse(
      environment,
      `Expected DOI_REGISTRATION to be confirmed or local, found ${JSON.stringify(wanted)}.`,
    );
  const isSilent = environment['PUBLICATION_EVENTS'] === 'off';
  if (wanted === 'confirmed' && isSilent)
    refuse(
      environment,
      'Expected PUBLICATION_EVENTS to be on with DOI_REGISTRATION=confirmed: nobody would hear of a registration, and none would end.',
    );
  return wanted === '' ? !isSilent && (environment['REGISTER_DOI_URI'] ?? '') !== '' : wanted === 'confirmed';
}
