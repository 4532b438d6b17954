import { BsonFormatError, documentLength } from '../bson/elements.js';
import { FrameError } from '../frame-reader.js';

/** What MongoDB announces as maxMessageSizeBytes. */
export const MAX_MESSAGE_BYTES = 48_000_000;
/** Until a client has authenticated it has no reason to send more than a handshake. */
export const MAX_HANDSHAKE_BYTES = 64 * 1024;
export const HEADER_LENGTH = 16;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
/** Flag bits a receiver must understand or refuse (the lower half of the field). */
const REQUIRED_FLAGS = 0xffff;

/** One command as it came: its body document and the documents sent beside it, all views of the message. */
export interface IncomingMessage {
  readonly requestId: number;
  readonly legacy: boolean;
  /** False when the client asked for no answer (unacknowledged write). */
  readonly wantsReply: boolean;
  readonly body: Buffer;
  /** Document sequences by the name of the field they stand for, still concatenated. */
  readonly sequences: ReadonlyMap<string, Buffer>;
  /** The database of a legacy message; a modern one names it in `$db`. */
  readonly legacyDatabase: string | undefined;
}

/** Length of the message that starts with this header; refuses lengths no honest client sends. */
export function messageLength(header: Buffer, maximum: number): number {
  const length = header.readInt32LE(0);
  if (length < HEADER_LENGTH || length > maximum) {
    throw new FrameError(`a message announces ${length} bytes; ${HEADER_LENGTH} to ${maximum} are accepted`);
  }
  const operation = header.readInt32LE(12);
  if (operation !== OP_MSG && operation !== OP_QUERY) {
    throw new FrameError(
      `operation ${operation} is not supported; only OP_MSG and the OP_QUERY handshake are`,
    );
  }
  return length;
}

/** Takes a complete message apart; throws FrameError or BsonFormatError when it makes no sense. */
export function parseMessage(message: Buffer): IncomingMessage {
  return message.readInt32LE(12) === OP_MSG ? parseOpMsg(message) : parseOpQuery(message);
}

function parseOpMsg(message: Buffer): IncomingMessage {
  if (message.length < HEADER_LENGTH + 4) throw new FrameError('an OP_MSG was cut off');
  const flags = message.readUInt32LE(HEADER_LENGTH);
  if ((flags & REQUIRED_FLAGS & ~(CHECKSUM_PRESENT | MORE_TO_COME)) !== 0) {
    throw new FrameError(`an OP_MSG carries unknown required flags (${flags})`);
  }
  const limit = message.length - ((flags & CHECKSUM_PRESENT) === 0 ? 0 : 4);
  let body: Buffer | undefined;
  const sequences = new Map<string, Buffer>();
  for (let offset = HEADER_LENGTH + 4; offset < limit;) {
    const kind = message[offset] as number;
    offset += 1;
    if (kind === 0) {
      if (body !== undefined) throw new FrameError('an OP_MSG has two bodies');
      const length = documentLength(message, offset, limit);
      body = message.subarray(offset, offset + length);
      offset += length;
    } else if (kind === 1) {
      offset = readSequence(message, offset, limit, sequences);
    } else {
      throw new FrameError(`an OP_MSG section has the unknown kind ${kind}`);
    }
  }
  if (body === undefined) throw new FrameError('an OP_MSG has no body');
  return {
    requestId: message.readInt32LE(4),
    legacy: false,
    wantsReply: (flags & MORE_TO_COME) === 0,
    body,
    sequences,
    legacyDatabase: undefined,
  };
}

function readSequence(message: Buffer, offset: number, limit: number, into: Map<string, Buffer>): number {
  if (offset + 4 > limit) throw new FrameError('a document sequence was cut off');
  const end = offset + message.readInt32LE(offset);
  const nameEnd = message.indexOf(0, offset + 4);
  if (end > limit || nameEnd < 0 || nameEnd >= end) throw new FrameError('a document sequence does not fit');
  const name = message.toString('utf8', offset + 4, nameEnd);
  if (into.has(name)) throw new FrameError(`the document sequence "${name}" came twice`);
  into.set(name, message.subarray(nameEnd + 1, end));
  return end;
}

function parseOpQuery(message: Buffer): IncomingMessage {
  const nameEnd = message.indexOf(0, HEADER_LENGTH + 4);
  if (nameEnd < 0) throw new FrameError('an OP_QUERY was cut off');
  const name = message.toString('utf8', HEADER_LENGTH + 4, nameEnd);
  const offset = nameEnd + 9;
  if (!name.endsWith('.$cmd')) throw new BsonFormatError('OP_QUERY is only supported for commands');
  const length = documentLength(message, offset, message.length);
  return {
    requestId: message.readInt32LE(4),
    legacy: true,
    wantsReply: true,
    body: message.subarray(offset, offset + length),
    sequences: new Map(),
    legacyDatabase: name.slice(0, -'.$cmd'.length),
  };
}

/** Everything of a reply that comes before its document. Its own id stays 0: nobody answers an answer. */
export function replyHead(incoming: IncomingMessage, documentLength: number): Buffer {
  const head = Buffer.alloc(incoming.legacy ? HEADER_LENGTH + 20 : HEADER_LENGTH + 5);
  head.writeInt32LE(head.length + documentLength, 0);
  head.writeInt32LE(incoming.requestId, 8);
  head.writeInt32LE(incoming.legacy ? OP_REPLY : OP_MSG, 12);
  if (incoming.legacy) head.writeInt32LE(1, HEADER_LENGTH + 16);
  return head;
}
