import { Envelope, type MessageContract } from '#contracts';
// The package has it in no front door; without it a list does not know what it is of.
// @ts-expect-error: there are no types of this part of the package
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { ClassNotes } from './field-notes.js';

/** The part of JSON Schema that contracts use. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** Says the same as our validators: the package's own converters make any number of a limited one, and any date of a time. */
const converters = {
  min: ({ constraints }: { constraints: number[] }) => ({ minimum: constraints[0] }),
  max: ({ constraints }: { constraints: number[] }) => ({ maximum: constraints[0] }),
  isIso8601: { type: 'string', format: 'date-time' },
};

/** Schemas of whole messages, from the same decorators that check them at run time. */
export class MessageSchemas {
  private readonly byClass = validationMetadatasToSchemas({
    additionalConverters: converters as never,
    classTransformerMetadataStorage: defaultMetadataStorage as never,
  }) as Readonly<Record<string, JsonSchema>>;

  constructor(private readonly notes: ReadonlyMap<string, ClassNotes>) {}

  /** The envelope around one kind of data. Unknown fields are allowed everywhere: a newer emitter may add some. */
  messageOf(contract: MessageContract): JsonSchema {
    const { properties, ...envelope } = this.schemaOf(Envelope.name);
    return {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:catena:${contract.type}`,
      title: contract.type,
      ...envelope,
      description: contract.summary,
      properties: {
        ...properties,
        type: { ...properties?.['type'], const: contract.type },
        source: { ...properties?.['source'], const: `/catena/${contract.emitter}` },
        data: this.dataOf(contract),
      },
    };
  }

  dataOf(contract: MessageContract): JsonSchema {
    return this.schemaOf(contract.payload.name);
  }

  private schemaOf(className: string): JsonSchema {
    const { properties = {}, ...schema } = this.byClass[className] ?? {};
    const notes = this.notes.get(className);
    return {
      ...described(schema, notes?.meaning),
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [
          name,
          described(this.inlined(field), notes?.fields.get(name)),
        ]),
      ),
    };
  }

  private inlined(field: JsonSchema): JsonSchema {
    const { $ref, items } = field;
    if (items !== undefined) return { ...field, items: this.inlined(items) };
    return $ref === undefined ? field : this.schemaOf($ref.slice('#/definitions/'.length));
  }
}

function described(schema: JsonSchema, note: string | undefined): JsonSchema {
  return note === undefined || note === '' ? schema : { ...schema, description: note };
}
