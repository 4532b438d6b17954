import { Ajv, type ErrorObject } from 'ajv';
import { feedLimits } from './limits.js';
import type { Tombstone } from './public-record.js';

const text = { type: 'string', minLength: 1, maxLength: 100_000 };
const short = { type: 'string', minLength: 1, maxLength: 2000 };
const list = (items: object, maxItems = 20_000): object => ({ type: 'array', items, maxItems });
const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const sha256 = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const time = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$',
  format: 'instant',
};
const object = (required: readonly string[], properties: object): object => ({
  type: 'object',
  required,
  properties,
});

const tombstone = object(['withdrawnAt', 'reason'], { withdrawnAt: time, reason: text, replacedBy: short });
const titled = { title: { type: 'string', minLength: 1, maxLength: 1_000_000 } };

const resource = object(['doi', 'creators', 'titles', 'publisher', 'publicationYear', 'types'], {
  doi: short,
  creators: { ...list(object(['name'], { name: text })), minItems: 1 },
  titles: { ...list(object(['title'], titled)), minItems: 1 },
  publisher: object(['name'], { name: text }),
  publicationYear: { type: 'integer', minimum: 1000, maximum: 9999 },
  types: object(['resourceTypeGeneral'], { resourceTypeGeneral: short }),
  subjects: list(object(['subject'], { subject: text })),
  contributors: list(object(['name', 'contributorType'], { name: text, contributorType: short })),
  dates: list(object(['date', 'dateType'], { date: short, dateType: short })),
  relatedIdentifiers: list(
    object(['relatedIdentifier', 'relatedIdentifierType', 'relationType'], { relatedIdentifier: text }),
  ),
  sizes: list(text),
  formats: list(text),
  rightsList: list({ type: 'object' }),
  descriptions: list(
    object(['description', 'descriptionType'], { description: { type: 'string', maxLength: 2_000_000 } }),
  ),
  fundingReferences: list(object(['funderName'], { funderName: text })),
});

const named = list(object(['name'], { name: text }));
const dataset = object(
  ['pid', 'name', 'type', 'size', 'files', 'instruments', 'techniques', 'proposals', 'samples', 'keywords'],
  {
    pid: short,
    name: text,
    type: short,
    size: count,
    files: count,
    instruments: named,
    techniques: named,
    proposals: list(object(['id'], { id: short })),
    samples: list(object(['id'], { id: short })),
    keywords: list(text),
  },
);

const picture = object(['name', 'mediaType', 'caption', 'base64'], {
  name: { type: 'string', pattern: '^[a-z0-9][a-z0-9._-]{0,99}$' },
  mediaType: { enum: ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] },
  caption: { type: 'string', maxLength: 2000 },
  base64: { type: 'string', maxLength: Math.ceil(feedLimits.pictureBytes / 3) * 4 },
});

const files = object(['sha256', 'count', 'bytes', 'parts'], {
  sha256,
  count: { ...count, minimum: 1 },
  bytes: count,
  parts: { type: 'integer', minimum: 1, maximum: feedLimits.parts },
});

const record = {
  ...object(
    [
      ...['doi', 'revision', 'state', 'registered', 'landingPage', 'publishedAt', 'resource', 'datasets'],
      'pictures',
    ],
    {
      doi: { ...short, pattern: '^10\\.\\d{4,9}/\\S+$' },
      revision: { ...count, minimum: 1 },
      state: { enum: ['published', 'withdrawn'] },
      registered: { type: 'boolean' },
      landingPage: { type: 'string', pattern: '^https?://' },
      publishedAt: time,
      embargoUntil: time,
      resource,
      datasets: list(dataset, 10_000),
      pictures: list(picture, feedLimits.pictures),
      files,
      tombstone,
    },
  ),
  if: { properties: { state: { const: 'withdrawn' } } },
  then: { required: ['tombstone'] },
  else: { not: { required: ['tombstone'] } },
};

const withdrawal = object(['revision', 'tombstone'], { revision: { ...count, minimum: 1 }, tombstone });
const fileLine = object(['path', 'size', 'time', 'pid'], {
  path: { type: 'string', minLength: 1, maxLength: 8192 },
  size: count,
  time,
  sha256,
  pid: short,
  archiveId: short,
  member: { type: 'string', minLength: 1, maxLength: 8192 },
});
const copyHead = object(['archiveId', 'members', 'url', 'size', 'sha256', 'expiresAt'], {
  archiveId: short,
  members: count,
  url: { type: 'string', pattern: '^https?://', maxLength: 8192 },
  size: count,
  sha256,
  expiresAt: time,
});
const copyMember = object(['member', 'offset', 'size', 'sha256'], {
  member: { type: 'string', minLength: 1, maxLength: 8192 },
  offset: count,
  size: count,
  sha256,
});

/** Body of `DELETE /records/<doi>`. */
export interface Withdrawal {
  readonly revision: number;
  readonly tombstone: Tombstone;
}

/** What is wrong with a value from outside, in words; empty when it has the shape. */
export type ShapeCheck = (value: unknown) => string[];

const ajv = new Ajv({ allErrors: false, strict: false, logger: false });
// The pattern alone lets the 45th of a month pass.
ajv.addFormat('instant', (text: string) => !Number.isNaN(Date.parse(text)));

function checkOf(schema: object): ShapeCheck {
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(sentenceOf));
}

function sentenceOf({ instancePath, message, params }: ErrorObject): string {
  const place = instancePath === '' ? 'the body' : instancePath.slice(1).replaceAll('/', '.');
  return `${place} ${message ?? 'has the wrong shape'} (${JSON.stringify(params)})`.slice(0, 500);
}

export const problemsOfRecord: ShapeCheck = checkOf(record);
export const problemsOfWithdrawal: ShapeCheck = checkOf(withdrawal);
export const problemsOfFileLine: ShapeCheck = checkOf(fileLine);
export const problemsOfCopyHead: ShapeCheck = checkOf(copyHead);
export const problemsOfCopyMember: ShapeCheck = checkOf(copyMember);
