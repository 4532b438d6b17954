import type { AnswerClass, AnswerFields, AnswerValue } from '../http/answer.js';
import { schemaOf } from '../http/answer.js';

type Schema = Readonly<Record<string, unknown>>;

/** The schemas of these classes and of all that their fields lead to, by name. */
export function answerSchemas(values: readonly AnswerValue[]): Record<string, Schema> {
  const found = new Map<string, AnswerClass>();
  const visit = (value: AnswerValue): void => {
    if (typeof value !== 'function') return value.of === undefined ? undefined : visit(value.of);
    const other = found.get(value.name);
    if (other === value) return;
    if (other !== undefined)
      throw new Error(`expected one answer named ${value.name}, found two classes: rename one of them`);
    found.set(value.name, value);
    for (const field of Object.values(value.fields)) visit(inner(field));
  };
  values.forEach(visit);
  return Object.fromEntries([...found].map(([name, { fields }]) => [name, schemaOfFields(fields)]));
}

function schemaOfFields(fields: AnswerFields): Schema {
  const entries = Object.entries(fields);
  const required = entries.filter(([, field]) => !('maybe' in field)).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, field]) => [name, schemaOf(inner(field))])),
    ...(required.length === 0 ? {} : { required }),
  };
}

function inner(field: AnswerFields[string]): AnswerValue {
  return 'maybe' in field ? field.maybe : field;
}
