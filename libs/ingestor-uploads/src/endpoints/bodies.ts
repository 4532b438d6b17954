import { HttpException } from '@nestjs/common';

interface Fault {
  readonly field: string;
  readonly message: string;
  readonly type: string;
}

/** What a field has to be. */
type Kind = 'string' | 'text' | 'integer' | 'boolean' | 'list';

/** Longest text of a field. */
const longest = 2000;
const maxItems = 10_000;

/** Reads a JSON body field by field and tells everything wrong at once, in FastAPI's words and in ScopeMArchiver's: clients read either. */
export class BodyReader {
  private readonly faults: Fault[] = [];
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    body: unknown,
    private readonly place: string = '',
  ) {
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    this.fields = isObject ? (body as Record<string, unknown>) : {};
    if (!isObject) this.faults.push({ field: '', message: 'Expected a JSON object.', type: 'missing' });
  }

  /** A text that is not empty. */
  text(name: string): string {
    return this.read(name, 'text', '');
  }

  /** A text that may be empty. */
  string(name: string): string {
    return this.read(name, 'string', '');
  }

  boolean(name: string): boolean {
    return this.read(name, 'boolean', false);
  }

  integer(name: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.read(name, 'integer', least);
    if (value < least || value > most)
      this.fault(name, `Expected a whole number from ${least} to ${most}, found ${value}.`, 'value_error');
    return value;
  }

  list<Item>(name: string, read: (item: BodyReader) => Item): Item[] {
    const items = this.read<unknown[]>(name, 'list', []);
    if (items.length === 0 || items.length > maxItems) {
      this.fault(name, `Expected 1 to ${maxItems} items, found ${items.length}.`, 'value_error');
      return [];
    }
    return items.map((item, index) => {
      const reader = new BodyReader(item, `${this.place}${name}.${index}.`);
      const value = read(reader);
      this.faults.push(...reader.faults);
      return value;
    });
  }

  /** @throws HttpException 422 */
  end(): void {
    if (this.faults.length > 0) throw unprocessable(this.faults);
  }

  private read<Value>(name: string, kind: Kind, instead: Value): Value {
    const value = this.fields[name];
    if (value === undefined) this.fault(name, 'Field required', 'missing');
    else if (!isOf(kind, value))
      this.fault(name, `Expected ${words[kind]}, found ${shown(value)}.`, `${kind}_type`);
    else return value as Value;
    return instead;
  }

  private fault(name: string, message: string, type: string): void {
    this.faults.push({ field: `${this.place}${name}`, message, type });
  }
}

const words: Readonly<Record<Kind, string>> = {
  string: `a text of at most ${longest} characters`,
  text: `a text of 1 to ${longest} characters`,
  integer: 'a whole number',
  boolean: 'true or false',
  list: 'a list',
};

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'string':
      return typeof value === 'string' && value.length <= longest;
    case 'text':
      return typeof value === 'string' && value !== '' && value.length <= longest;
    case 'integer':
      return Number.isSafeInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value);
  }
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 100);
}

/** Faults that a 422 names. */
const maxNamed = 20;

/** @returns 422 with `detail` as FastAPI has it, and with `message` and `details` */
export function unprocessable(faults: readonly Fault[]): HttpException {
  const named = faults.slice(0, maxNamed);
  const details = named
    .map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
    .join(' ');
  return new HttpException(
    {
      message: 'The body is not as expected',
      details,
      detail: named.map(({ field, message, type }) => ({
        loc: [
          'body',
          ...(field === '' ? [] : field.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))),
        ],
        msg: message,
        type,
      })),
    },
    422,
  );
}
