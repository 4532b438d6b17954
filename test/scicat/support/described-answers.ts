import assert from 'node:assert/strict';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { textOf } from '../../support/repository.js';

/** An answer as it came over the wire. */
interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

type Schema = Readonly<Record<string, unknown>>;

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, DescribedResponse>>;
}

interface DescribedResponse {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation extends Described {
  readonly method: string;
  readonly path: string;
  readonly pattern: RegExp;
}

const document = JSON.parse(textOf('docs/openapi.json')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: unknown;
};

/** Those with the fewest parameters first: `/datasets/count` is no `/datasets/{pid}`. */
const operations: readonly Operation[] = Object.entries(document.paths)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      ...described,
      method: method.toUpperCase(),
      path,
      pattern: new RegExp(`^${path.replaceAll('.', '[.]').replace(/\{\w+\}/g, '[^/]+')}/?$`),
    })),
  )
  .sort((a, b) => parametersIn(a.path) - parametersIn(b.path));

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;
const ajv = new Ajv({ strict: false, allErrors: true, formats: { 'date-time': moment } });
ajv.addSchema({ $id: 'openapi', components: document.components });
const validators = new Map<string, ValidateFunction>();

let oddRecords = false;

/** Says that the database has records that no client has made: what their fields are is not promised from now on. */
export function meetOddRecords(): void {
  oddRecords = true;
}

/** The databases have gone, and what was odd in them: of later ones all is promised again. */
export function forgetOddRecords(): void {
  oddRecords = false;
}

/** Fails where an answer is not what docs/openapi.json says of it: in its status, its content type or its body. */
export function holdAgainstDescription(method: string, address: string, answer: RawAnswer): void {
  const wrong = differencesFromDescription(method, address, answer, oddRecords);
  const where = `${method} ${address.slice(0, 300)}: ${answer.text.slice(0, 300)}`;
  assert.deepEqual(wrong, [], `docs/openapi.json and the answer must say the same of ${where}`);
}

/** @param anyFields whether only lists and records are told apart, not the fields in them */
export function differencesFromDescription(
  method: string,
  address: string,
  answer: RawAnswer,
  anyFields: boolean,
): string[] {
  const url = new URL(address, 'http://catalogue');
  const operation = operations.find((one) => one.method === method && one.pattern.test(url.pathname));
  if (operation === undefined) return [];
  const { operationId, responses } = operation;
  const response = responses[answer.status];
  if (response === undefined)
    return [`status: expected one of ${Object.keys(responses).join(', ')}, found ${answer.status}`];
  const schema = response.content?.['application/json']?.schema;
  if (schema === undefined || (answer.text === '' && /body is empty/.test(response.description))) return [];
  const type = answer.headers.get('content-type') ?? 'none';
  if (type.startsWith('text/html') && 'text/html' in (response.content ?? {})) return [];
  if (!type.startsWith('application/json')) return [`content type: expected application/json, found ${type}`];
  const validate = validatorOf(`${operationId} ${answer.status}`, schema);
  if (validate(JSON.parse(answer.text))) return [];
  return (validate.errors ?? [])
    .filter((error) => !isExcused(error, url, anyFields))
    .map(({ instancePath, message }) => `${instancePath || 'the body'} ${message}`);
}

/** Whoever names fields gets these: then the others are not promised. */
function isExcused({ keyword, instancePath }: ErrorObject, url: URL, anyFields: boolean): boolean {
  const isRecord = /^(\/\d+)?$/.test(instancePath);
  if (anyFields) return keyword === 'required' || !isRecord;
  return keyword === 'required' && isRecord && /"fields":/.test(url.searchParams.get('filter') ?? '');
}

function validatorOf(name: string, schema: Schema): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/');
  const made = ajv.compile(JSON.parse(text) as Schema);
  validators.set(name, made);
  return made;
}

function parametersIn(path: string): number {
  return path.split('{').length;
}
