import { deserialize, type Document } from 'bson';
import {
  BSON_ARRAY,
  BSON_DOCUMENT,
  BSON_BINARY,
  booleanValue,
  elementOf,
  elementsOf,
  integerValue,
  splitDocuments,
  stringValue,
  withAppended,
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

/** More rows than any collection here has, and the largest number that the engine takes for a limit. */
const everything = 2n ** 31n - 1n;
const emptyDocument = Buffer.from([5, 0, 0, 0, 0]);

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

  /**
   * The body of a read whose cursor shows one state of the collection, however long it stays open and whatever is written
   * meanwhile. Left to itself the engine reads unsorted results batch by batch from the table as it is then, where rows
   * that were changed lie elsewhere: some come twice, some never. What has a limit is computed at once and kept in a file.
   */
  snapshotBody(): Buffer {
    if (this.inTransaction) return this.body();
    return this.name === 'aggregate' ? this.limitedPipeline() : this.limitedFind();
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

  private limitedFind(): Buffer {
    const limit = this.integer('limit') ?? 0n;
    if (limit !== 0n || this.boolean('singleBatch') === true) return this.body();
    return withAppended(this.bodyWithout('limit'), elementOf('limit', everything));
  }

  private limitedPipeline(): Buffer {
    const element = this.element('pipeline');
    if (element?.type !== BSON_ARRAY) return this.body();
    const pipeline = this.whole.subarray(element.value, element.end);
    const stages = elementsOf(pipeline);
    const last = stages.at(-1);
    const lastName =
      last?.type === BSON_DOCUMENT ? elementsOf(pipeline.subarray(last.value, last.end))[0]?.name : undefined;
    // Nothing may follow a stage that writes.
    if (lastName === '$out' || lastName === '$merge') return this.body();
    const stage = withAppended(emptyDocument, elementOf('$limit', everything));
    const longer = withAppended(pipeline, elementOf(String(stages.length), stage));
    return withAppended(this.bodyWithout('pipeline'), elementOf('pipeline', longer, BSON_ARRAY));
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
