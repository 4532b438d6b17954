import { Inject, Injectable } from '@nestjs/common';
import { Ajv } from 'ajv';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { BadRequest } from '../domain/errors.js';
import {
  decodeMetadataKeys,
  encodeKey,
  encodeMetadataKeys,
  encodeSentKeys,
} from '../domain/metadata-keys.js';
import { pairIn, withSiValues } from '../domain/units.js';

type Fields = Record<string, unknown>;

const metadataField = 'scientificMetadata';
const largestSchema = 1024 * 1024;

/**
 * What is stored of metadata: encoded keys, SI values beside each value with a unit.
 *
 * @throws BadRequest where two keys are stored alike
 */
export function storedMetadata(metadata: Fields): Fields {
  return withSiValues(encodeSentKeys(metadata, metadataField));
}

/** Fields with metadata whose keys are those that are stored, so that a key is one key, whichever way it is written. */
export function withStoredKeys(fields: Fields, { isSent }: { readonly isSent: boolean }): Fields {
  const metadata = fields[metadataField];
  if (!isObject(metadata)) return fields;
  const encode = isSent ? encodeSentKeys : encodeMetadataKeys;
  return { ...fields, [metadataField]: encode(metadata, metadataField) };
}

const halves = [
  ['value', 'unit'],
  ['v', 'u'],
] as const;

function halvesOf(entry: Fields): (readonly string[])[] {
  const pair = pairIn(entry);
  return [...halves, ...(pair === undefined ? [] : [[pair.value, pair.unit]])];
}

/**
 * @throws BadRequest when one half of a stored value with its unit is sent without the other (v4): a number would be
 * another length all at once
 */
export function checkPairsKept(pid: string, stored: Fields, patch: Fields): void {
  const broken = [...halvesIn(stored, patch, metadataField)];
  if (broken.length > 0)
    throw new BadRequest(
      `Original dataset ${pid} contains both value and unit in ${broken.join(', ')}. Please provide both when updating.`,
    );
}

/** Paths, as the client wrote them, of objects that give one half of a stored pair. */
function* halvesIn(stored: Fields, patch: Fields, path: string): Generator<string> {
  for (const [key, entry] of Object.entries(patch)) {
    const before = stored[encodeKey(key)];
    if (!isObject(entry) || !isObject(before)) continue;
    const inner = `${path}.${key}`;
    if (halvesOf(before).some((pair) => isBroken(pair, before, entry))) yield inner;
    yield* halvesIn(before, entry, inner);
  }
}

function isBroken(pair: readonly string[], before: Fields, entry: Fields): boolean {
  return pair.every((half) => half in before) && pair.filter((half) => half in entry).length === 1;
}

/** Checks metadata against the JSON schema a dataset names. Schemas come only from hosts the operator allows. */
@Injectable()
export class MetadataSchemas {
  constructor(
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** False when the metadata does not fit or the schema cannot be had; never an error. Undefined without both. */
  async isValid(schemaUrl: unknown, metadata: unknown): Promise<boolean | undefined> {
    if (typeof schemaUrl !== 'string' || schemaUrl === '' || !isObject(metadata)) return undefined;
    try {
      const schema = await this.fetch(schemaUrl);
      const validate = new Ajv({ strict: false, logger: false, validateFormats: false }).compile(schema);
      return validate(decodeMetadataKeys(metadata));
    } catch (error) {
      this.logger.warn({ schema: schemaUrl, error: messageOf(error) }, 'could not check scientific metadata');
      return false;
    }
  }

  private async fetch(address: string): Promise<Fields> {
    const url = new URL(address);
    const { allowedHosts, timeout } = this.config.metadataSchemas;
    if ((url.protocol !== 'https:' && url.protocol !== 'http:') || !allowedHosts.includes(url.host))
      throw new Error(`${url.host} is not in METADATA_SCHEMA_HOSTS`);
    // A redirect could lead anywhere, so none is followed.
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeout) });
    if (!response.ok || response.body === null) throw new Error(`the schema answered ${response.status}`);
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > largestSchema) throw new Error(`the schema is larger than ${largestSchema} bytes`);
      pieces.push(piece);
    }
    const schema: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
    if (!isObject(schema)) throw new Error('the schema is not a JSON object');
    return schema;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
