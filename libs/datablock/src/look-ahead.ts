import { hash } from 'node:crypto';
import { CatenaError, isAway, isRetriable, messageOf, PermanentError, TransientError } from '#kernel';
import type { Interruption } from './interruption.js';
import type { DatablockMember } from './member.js';
import { WholeContent } from './small-files/whole-content.js';

/** A member whose reading has begun: small ones are already read whole, of large ones only the stream is open. */
export type OpenedMember =
  | { readonly kind: 'whole'; readonly content: Buffer; readonly sha256: string }
  | { readonly kind: 'stream'; readonly stream: AsyncIterable<Uint8Array> };

const longestWhole = 256 * 1024;
const windowMembers = 96;
/** In bursts: waking the threads that read files for one file at a time costs more than the reading. */
const burstMembers = 32;
/** Open streams hold connections of a pool that others need too. */
const windowStreams = 8;
/** Counted in bytes of the tar, so that nothing is opened long before its turn: idle connections get closed. */
const windowBytes = 16 * 1024 * 1024;

/**
 * Opens the next members while the present one is packed, so that the waiting times of an object store overlap.
 * Bounded in members and bytes: at most 8 streams, and 96 small members of 16 MiB altogether.
 */
export class LookAhead {
  private readonly opening = new Map<number, Promise<OpenedMember>>();
  private readonly opened = new Map<number, OpenedMember>();
  private readonly streams = new Set<AsyncIterable<Uint8Array>>();
  private next = 0;
  private taken = 0;
  private streamsAhead = 0;
  private closed = false;

  constructor(
    private readonly members: readonly DatablockMember[],
    private readonly offsets: readonly number[],
    private readonly interruption: Interruption,
  ) {}

  /** Tells how far the tar was written; opens what has come within reach. */
  advance(position: number): void {
    if (this.next - this.taken > windowMembers - burstMembers) return;
    while (
      this.next < this.members.length &&
      this.next - this.taken < windowMembers &&
      (this.streamsAhead < windowStreams || !this.isLarge(this.next)) &&
      (this.offsets[this.next] ?? 0) - position <= windowBytes
    ) {
      this.begin();
    }
  }

  /** Members are taken in order, each once. What is there already is had without a wait: tiny members are many. */
  take(index: number, position: number): OpenedMember | Promise<OpenedMember> {
    this.advance(position);
    if (this.next === index) this.begin();
    const opened = this.opened.get(index);
    return opened === undefined ? this.waitFor(index) : this.handOut(index, opened);
  }

  private async waitFor(index: number): Promise<OpenedMember> {
    const opening = this.opening.get(index) as Promise<OpenedMember>;
    return this.handOut(index, await this.interruption.race(opening));
  }

  private handOut(index: number, opened: OpenedMember): OpenedMember {
    this.opening.delete(index);
    this.opened.delete(index);
    this.taken = index + 1;
    if (this.isLarge(index)) this.streamsAhead -= 1;
    return opened;
  }

  /** The stream of a taken member was read to its end. */
  release(stream: AsyncIterable<Uint8Array>): void {
    this.streams.delete(stream);
  }

  /** Lets go of everything that is open or will be. */
  close(): void {
    this.closed = true;
    for (const stream of this.streams) letGo(stream);
    this.streams.clear();
  }

  private begin(): void {
    const index = this.next;
    const opening = this.open(this.members[index] as DatablockMember);
    this.opening.set(index, opening);
    opening.then(
      (opened) => void this.opened.set(index, opened),
      // Met when the member is taken; a failure before that must not count as unhandled.
      () => undefined,
    );
    if (this.isLarge(index)) this.streamsAhead += 1;
    this.next += 1;
  }

  private isLarge(index: number): boolean {
    return (this.members[index] as DatablockMember).size > longestWhole;
  }

  private async open(member: DatablockMember): Promise<OpenedMember> {
    let stream: AsyncIterable<Uint8Array>;
    try {
      stream = await member.open();
    } catch (error) {
      throw openingError(member, error);
    }
    if (this.closed) {
      letGo(stream);
      throw new TransientError('datablock.aborted', 'Packing ended before this member was opened.');
    }
    this.streams.add(stream);
    if (member.size > longestWhole) return { kind: 'stream', stream };
    const content = await readWhole(member, stream);
    this.release(stream);
    return { kind: 'whole', content, sha256: hash('sha256', content, 'hex') };
  }
}

/** Never more bytes than announced, never fewer without an error. */
async function readWhole(member: DatablockMember, stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (stream instanceof WholeContent) {
    if (stream.bytes.length !== member.size) throw changedError(member, stream.bytes.length);
    return stream.bytes;
  }
  const chunks: Uint8Array[] = [];
  let found = 0;
  try {
    for await (const chunk of stream) {
      found += chunk.length;
      if (found > member.size) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw readingError(member, found, error);
  }
  if (found !== member.size) throw changedError(member, found);
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1)
    return Buffer.from(only.buffer, only.byteOffset, only.length);
  return Buffer.concat(chunks);
}

function letGo(stream: AsyncIterable<Uint8Array>): void {
  if ('destroy' in stream && typeof stream.destroy === 'function') {
    // A stream destroyed early may still report an error to nobody.
    if ('on' in stream && typeof stream.on === 'function') stream.on('error', () => undefined);
    stream.destroy();
    return;
  }
  stream[Symbol.asyncIterator]()
    .return?.()
    .catch(() => undefined);
}

function openingError(member: DatablockMember, error: unknown): CatenaError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  // A permanent error that knows more than "not there" speaks for itself.
  if (error instanceof CatenaError && !isRetriable(error) && !error.code.endsWith('.not-found')) return error;
  const gone = error instanceof CatenaError ? !isRetriable(error) : permanentCodes.has(code ?? '');
  const details = { path: member.path, expected: member.size, found: messageOf(error) };
  if (!gone) return unreadable(member, error, details);
  return new PermanentError(
    'datablock.member-missing',
    `Expected the file "${member.path}" of ${member.size} bytes, but it cannot be opened: ${messageOf(error)}. Upload it again or take it from the file list.`,
    { details, cause: error },
  );
}

const permanentCodes = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);

export function readingError(member: DatablockMember, found: number, error: unknown): CatenaError {
  if (error instanceof CatenaError && !isRetriable(error)) return error;
  return unreadable(member, error, { path: member.path, expected: member.size, found });
}

function unreadable(member: DatablockMember, error: unknown, details: Record<string, unknown>): CatenaError {
  return new TransientError(
    'datablock.member-unreadable',
    `Expected to read ${member.size} bytes of "${member.path}", but reading failed: ${messageOf(error)}. Trying again may help.`,
    { details, cause: error, away: isAway(error) },
  );
}

export function changedError(member: DatablockMember, found: number): PermanentError {
  const more = found > member.size;
  return new PermanentError(
    'datablock.member-changed',
    `Expected ${member.size} bytes in "${member.path}", found ${more ? 'at least ' : ''}${found}. The file changed after it was registered: register it again.`,
    { details: { path: member.path, expected: member.size, found } },
  );
}
