import { deserialize, type Document } from 'bson';
import {
  BSON_ARRAY,
  BSON_DOCUMENT,
  BSON_BINARY,
  booleanValue,
  elementsOf,
  integerValue,
  splitDocuments,
  stringValue,
  withoutElements,
  type Element,
} from '../bson/elements.js';
import { MongoError } from '../errors/mongo-error.js';
import type { IncomingMessage } from '../wire/message.js';

/** Fields of the protocol rather than of the command: the gateway acts on them, the engine must not see them. */
const PROTOCOL_FIELDS: ReadonlySet<string> = new Set([
  '$db',
  '$clusterTime',
  '$readPreference',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'autocommit',
  'lsid',
  'readConcern',
  'startTransaction',
  'txnNumber',
  'writeConcern',
  'stmtId',
  'stmtIds',
]);

/** A command as the gateway works with it: its protocol fields read, its body left as bytes. */
export class Command {
  readonly name: string;
  /** The collection (or whatever string stands behind the command's name). */
  readonly target: string | undefined;
  readonly database: string;
  /** Identifies the logical session across connections. */
  readonly session: string | undefined;
  readonly transactionNumber: bigint | undefined;
  readonly inTransaction: boolean;
  readonly startsTransaction: boolean;
  private readonly elements: readonly Element[];
  private readonly whole: Buffer;
  readonly sequences: ReadonlyMap<string, Buffer>;

  constructor(message: IncomingMessage) {
    this.whole = message.body;
    this.elements = elementsOf(message.body);
    this.sequences = message.sequences;
    const [first] = this.elements;
    if (first === undefined) throw new MongoError(9, 'the command document is empty');
    this.name = first.name;
    this.target = stringValue(this.whole, first);
    this.database = message.legacyDatabase ?? this.string('$db') ?? '';
    this.session = this.readSession();
    this.transactionNumber = integerValue(this.whole, this.element('txnNumber'));
    this.inTransaction = this.boolean('autocommit') === false && this.transactionNumber !== undefined;
    this.startsTransaction = this.boolean('startTransaction') === true;
  }

  /** The command without the fields of the protocol: what the engine is given. */
  body(): Buffer {
    return withoutElements(this.whole, this.elements, PROTOCOL_FIELDS);
  }

  string(name: string): string | undefined {
    return stringValue(this.whole, this.element(name));
  }

  boolean(name: string): boolean | undefined {
    return booleanValue(this.whole, this.element(name));
  }

  integer(name: string): bigint | undefined {
    return integerValue(this.whole, this.element(name));
  }

  /** The decoded command, for the few that are small and need more than a field. */
  document(): Document {
    return deserialize(this.whole, { promoteValues: true, useBigInt64: false });
  }

  /** The command's body without one more field. */
  bodyWithout(name: string): Buffer {
    return withoutElements(this.whole, this.elements, new Set([...PROTOCOL_FIELDS, name]));
  }

  /** The statements of a write command, whether they stand in its body or beside it. */
  operations(name: string): Buffer[] {
    const sequence = this.sequences.get(name);
    if (sequence !== undefined) return splitDocuments(sequence);
    const element = this.element(name);
    if (element?.type !== BSON_ARRAY) return [];
    const array = this.whole.subarray(element.value, element.end);
    return elementsOf(array).map(({ value, end }) => array.subarray(value, end));
  }

  /** The collection the command is about; refuses a command that names none. */
  collection(): string {
    if (this.target === undefined || this.target === '') {
      throw new MongoError(73, `the command ${this.name} must name a collection`);
    }
    return this.target;
  }

  private element(name: string): Element | undefined {
    return this.elements.find((element) => element.name === name);
  }

  private readSession(): string | undefined {
    const element = this.element('lsid');
    if (element?.type !== BSON_DOCUMENT) return undefined;
    const lsid = this.whole.subarray(element.value, element.end);
    const id = elementsOf(lsid).find((part) => part.name === 'id');
    return id?.type === BSON_BINARY ? lsid.toString('latin1', id.value + 5, id.end) : undefined;
  }
}
