import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { messageOf, PermanentError } from '#kernel';

type Fields = Record<string, unknown>;

/** What the form of the web frontend shows and what a record must have before it is published. */
export interface PublicationSchemas {
  readonly metadataSchema: Fields;
  readonly uiSchema: Fields;
}

const text = { type: 'string', minLength: 1 };

/** Catena's own form, for installations without `PUBLISHED_DATA_CONFIG_FILE`: what DataCite asks for. */
const ownSchemas: PublicationSchemas = {
  metadataSchema: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    required: ['creators', 'publisher', 'publicationYear', 'resourceType'],
    properties: {
      creators: {
        type: 'array',
        title: 'Creators',
        minItems: 1,
        items: {
          type: 'object',
          required: ['name'],
          properties: {
            name: { ...text, title: 'Family name, given name' },
            affiliation: {
              type: 'array',
              items: {
                type: 'object',
                required: ['name'],
                properties: { name: { ...text, title: 'Affiliation' } },
              },
            },
          },
        },
      },
      publisher: {
        type: 'object',
        title: 'Publisher',
        required: ['name'],
        properties: { name: { ...text, title: 'Name' } },
      },
      publicationYear: { type: 'integer', title: 'Publication year', minimum: 1000, maximum: 9999 },
      resourceType: { ...text, title: 'Resource type' },
      language: { type: 'string', title: 'Language' },
      landingPage: { type: 'string', title: 'Landing page' },
    },
  },
  uiSchema: { type: 'VerticalLayout', elements: [] },
};

/** The schemas of publication forms, read once. */
export class PublicationSettings {
  private readonly validate: ValidateFunction;

  /** @throws PermanentError `kernel.configuration` naming the file and what is wrong with it */
  constructor(
    file: string | undefined,
    readonly schemas: PublicationSchemas = file === undefined ? ownSchemas : read(file),
  ) {
    try {
      const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
      this.validate = ajv.compile({ ...schemas.metadataSchema, $schema: undefined });
    } catch (error) {
      throw new PermanentError(
        'kernel.configuration',
        `metadataSchema of ${file ?? 'the built-in form'} (PUBLISHED_DATA_CONFIG_FILE) is not a JSON schema: ${messageOf(error)}`,
      );
    }
  }

  /** What is missing or wrong in the metadata, in words; empty when it may be published. */
  problemsOf(metadata: unknown): string[] {
    if (this.validate(metadata ?? {})) return [];
    return (this.validate.errors ?? []).map((error: ErrorObject) => {
      const place = error.instancePath.replaceAll('/', '.').replace(/^\./, '');
      return `${place === '' ? 'metadata' : `metadata.${place}`} ${error.message ?? 'is not valid'}`;
    });
  }
}

function read(file: string): PublicationSchemas {
  try {
    const parsed = JSON.parse(readFileSync(file, 'utf8')) as Partial<PublicationSchemas>;
    if (isObject(parsed.metadataSchema))
      return {
        metadataSchema: parsed.metadataSchema,
        uiSchema: isObject(parsed.uiSchema) ? parsed.uiSchema : {},
      };
  } catch (error) {
    throw new PermanentError(
      'kernel.configuration',
      `Could not read ${file} (PUBLISHED_DATA_CONFIG_FILE): ${messageOf(error)}`,
    );
  }
  throw new PermanentError(
    'kernel.configuration',
    `Expected ${file} (PUBLISHED_DATA_CONFIG_FILE) to be JSON with metadataSchema and uiSchema.`,
  );
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
