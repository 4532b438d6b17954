import { parseSearch } from '../domain/filter-parts.js';
import { decodeMetadataKeys } from '../domain/metadata-keys.js';
import { attachmentV3View, type AttachmentRecord } from '../attachments/attachment-answers.js';
import { dateOf } from '../domain/iso-date.js';
import { storedLifecycle } from '../domain/lifecycle.js';
import { fromSi, isNumbers, pairIn } from '../domain/units.js';
import type { DatasetRecord } from '../persistence/records.js';
import { newObjectId } from '../persistence/user-ids.js';
import { singularNames } from './dataset-shape.js';
import { storedMetadata } from './scientific-metadata.js';

type Fields = Record<string, unknown>;

/** A dataset as v3 clients know it: the stored document, the singular names, decoded metadata keys. */
export function v3View(dataset: DatasetRecord): Fields {
  const { attachments } = dataset;
  const metadata: unknown = dataset.scientificMetadata;
  const singulars = Object.entries(singularOf).flatMap(([name, plural]) =>
    dataset[plural] === undefined ? [] : [[name, firstOf(dataset[plural])] as const],
  );
  return {
    ...dataset,
    ...Object.fromEntries(singulars),
    ...(isObject(metadata) ? { scientificMetadata: decodeMetadataKeys(metadata) } : {}),
    ...(Array.isArray(attachments)
      ? { attachments: attachments.map((attachment) => attachmentV3View(attachment as AttachmentRecord)) }
      : {}),
  };
}

const singularOf = {
  proposalId: 'proposalIds',
  sampleId: 'sampleIds',
  instrumentId: 'instrumentIds',
  principalInvestigator: 'principalInvestigators',
} as const;

/** Databases of old installations hold null, or plain text, where lists are written today. */
function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : list;
}

/** Fields that are lists in every dataset, empty where nothing was said. */
export const lists = [
  ...['keywords', 'techniques', 'sharedWith', 'relationships', 'accessGroups', 'proposalIds', 'sampleIds'],
  ...['instrumentIds', 'principalInvestigators', 'inputDatasets', 'usedSoftware'],
] as const;
/** Fields that every dataset has a value of: totals are counted with, the others are asked for when it is made. */
const alwaysThere = new Set([
  ...['size', 'packedSize', 'numberOfFiles', 'numberOfFilesArchived', 'isPublished'],
  ...['ownerGroup', 'owner', 'contactEmail', 'sourceFolder', 'creationTime', 'type'],
]);

/** Which of v3's singular names each type has; the others of a body are dropped, as SciCat drops them. */
const singularsOf = {
  raw: ['proposalId', 'sampleId', 'instrumentId', 'principalInvestigator'],
  derived: ['proposalId', 'investigator'],
} as const;

/**
 * v3's singular names as the lists that are stored. In a whole dataset, new or replaced, absent ones become `[null]`, as
 * SciCat writes them.
 */
export function fromV3(
  body: object,
  type: 'raw' | 'derived',
  { isWhole = false }: { readonly isWhole?: boolean } = {},
): Fields {
  const sent: Fields = { ...body };
  // Left out, not deleted: an object that fields were deleted from is slow ever after.
  const fields: Fields = Object.fromEntries(
    Object.entries(sent).filter(([name]) => name !== 'version' && !Object.hasOwn(singularNames, name)),
  );
  const mine: readonly string[] = singularsOf[type];
  for (const [name, plural] of Object.entries(singularNames))
    if (mine.includes(name) && name in sent) fields[plural] = [sent[name]];
  if (isWhole) {
    const plurals = type === 'raw' ? ['proposalIds', 'sampleIds', 'instrumentIds'] : ['proposalIds'];
    for (const plural of plurals) fields[plural] ??= [null];
    fields['datasetName'] ??= nameFromFolder(String(fields['sourceFolder']));
  }
  return fields;
}

/** A `null` leaves what a dataset always has as it is, or as it is in the beginning; lists and metadata become empty. */
function withoutNulls(fields: Fields): Fields {
  const empty = ([name, value]: [string, unknown]): [string, unknown] =>
    value !== null ? [name, value] : [name, emptyOf(name)];
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name, value]) => value !== null || !alwaysThere.has(name))
      .map(empty),
  );
}

function emptyOf(name: string): unknown {
  if (name === 'scientificMetadata') return {};
  return (lists as readonly string[]).includes(name) ? [] : null;
}

/** Text of a request as the types that are stored. */
export function storedForm(fields: Fields): Fields {
  const result: Fields = withoutNulls(fields);
  for (const name of ['creationTime', 'startTime', 'endTime']) {
    if (typeof result[name] === 'string') result[name] = dateOf(result[name], name);
  }
  if (typeof result['sourceFolder'] === 'string' && result['sourceFolder'] !== '/')
    result['sourceFolder'] = result['sourceFolder'].replace(/\/+$/, '');
  if (isObject(result['scientificMetadata']))
    result['scientificMetadata'] = storedMetadata(result['scientificMetadata']);
  for (const name of ['techniques', 'relationships'])
    if (Array.isArray(result[name])) result[name] = (result[name] as object[]).map(withOwnId);
  if (isObject(result['datasetlifecycle']))
    result['datasetlifecycle'] = storedLifecycle(result['datasetlifecycle']);
  return result;
}

/** SciCat's parts of a record have ids, as sub-documents have. */
function withOwnId(part: object): object {
  return '_id' in part ? part : { ...part, _id: newObjectId() };
}

function nameFromFolder(folder: string): string {
  return folder
    .split('/')
    .filter((part) => part !== '')
    .slice(-2)
    .join('/');
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 7396 on plain values; a top-level `null` leaves the field as it is, as SciCat does. */
export function mergePatch(stored: Fields, patch: Fields): Fields {
  const result: Fields = {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) continue;
    result[key] = isObject(value) ? merge(isObject(stored[key]) ? stored[key] : {}, value) : value;
  }
  return result;
}

function merge(stored: Fields, patch: Fields): Fields {
  const result: Fields = { ...stored };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = isObject(value) ? merge(isObject(result[key]) ? result[key] : {}, value) : value;
  }
  return result;
}

/** Shows values of scientific conditions in the units that were asked for, to three significant digits. */
export function inAskedUnits(fields: unknown): (view: Fields) => Fields {
  const asked = parseSearch(fields)['scientific'];
  const conditions = (Array.isArray(asked) ? asked : []) as ({ lhs?: unknown; unit?: unknown } | null)[];
  const units = conditions.filter(
    (condition): condition is { lhs: string; unit: string } =>
      typeof condition?.lhs === 'string' && typeof condition.unit === 'string' && condition.unit !== '',
  );
  return (view) => inUnits(view, units);
}

function inUnits(view: Fields, units: readonly { readonly lhs: string; readonly unit: string }[]): Fields {
  const metadata = view['scientificMetadata'];
  if (!isObject(metadata)) return view;
  let shown: Fields = metadata;
  for (const { lhs, unit } of units) shown = converted(shown, lhs.split('.'), unit);
  return shown === metadata ? view : { ...view, scientificMetadata: shown };
}

/**
 * The metadata with one value in the unit that was asked for; the same object where nothing is to be changed. Each dot leads
 * inside an object, or belongs to the name: the longest name that is there counts.
 */
function converted(metadata: Fields, parts: readonly string[], unit: string): Fields {
  for (let length = parts.length; length > 0; length -= 1) {
    const name = parts.slice(0, length).join('.');
    const entry = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    if (!isObject(entry)) continue;
    const rest = parts.slice(length);
    const shown = rest.length > 0 ? converted(entry, rest, unit) : inUnit(entry, unit);
    if (shown !== entry) return { ...metadata, [name]: shown };
  }
  return metadata;
}

function inUnit(entry: Fields, unit: string): Fields {
  const { valueSI, unitSI } = entry;
  const names = pairIn(entry) ?? { value: 'value', unit: 'unit' };
  // What has the unit already is shown as it was measured, not rounded.
  if (entry[names.unit] === unit || typeof unitSI !== 'string') return entry;
  if (!(typeof valueSI === 'number' || isNumbers(valueSI))) return entry;
  const convert = fromSi(unitSI, unit);
  if (convert === undefined) return entry;
  const rounded = [valueSI].flat().map((value) => Number(convert(value).toPrecision(3)));
  return { ...entry, [names.value]: Array.isArray(valueSI) ? rounded : rounded[0], [names.unit]: unit };
}
