import type { StoredMember } from '../persistence/records.js';
import { SourceError, type CopySource } from './copy-source.js';

/** Bytes between two members that are read and thrown away rather than asking the source anew: headers and padding. */
const smallGap = 1024 * 1024;

/** A member to be read, and how far the same request may go on for the ones behind it. */
export interface Place {
  readonly member: StoredMember;
  /** End of the run of members that lie close behind one another, in bytes of the copy. */
  readonly runEnd: number;
}

/** Joins members that lie close behind one another in the same copy into runs. */
export function runsOf(members: readonly (StoredMember | undefined)[]): (Place | undefined)[] {
  const places: (Place | undefined)[] = new Array(members.length).fill(undefined);
  let behind: Place | undefined;
  for (let index = members.length - 1; index >= 0; index -= 1) {
    const member = members[index];
    // A file without bytes lies nowhere and interrupts nothing.
    if (member === undefined || member.size === 0) {
      if (member !== undefined) places[index] = { member, runEnd: member.offset };
      continue;
    }
    const end = member.offset + member.size;
    const gap =
      behind !== undefined && behind.member.archiveId === member.archiveId ? behind.member.offset - end : -1;
    behind = { member, runEnd: gap >= 0 && gap <= smallGap ? behind!.runEnd : end };
    places[index] = behind;
  }
  return places;
}

/** Reads members one after the other, with one request for a whole run. */
export class MemberReader {
  private chunks: AsyncGenerator<Buffer, void, undefined> | undefined;
  private archiveId = '';
  private position = 0;
  private limit = 0;
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    private readonly source: CopySource,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Content of a member, or its part from `skip` on up to but without `upTo`.
   *
   * @throws SourceError
   */
  async *read(
    { member, runEnd }: Place,
    skip = 0,
    upTo = member.size,
  ): AsyncGenerator<Buffer, void, undefined> {
    const [first, end] = [member.offset + skip, member.offset + upTo];
    if (first >= end) return;
    const goesOn =
      member.archiveId === this.archiveId &&
      first >= this.position &&
      first - this.position <= smallGap &&
      end <= this.limit;
    if (!goesOn) await this.open(member.archiveId, first, upTo === member.size ? Math.max(runEnd, end) : end);
    while (this.position < end) {
      const chunk = await this.next();
      const start = this.position;
      const useful = chunk.subarray(Math.max(first - start, 0), end - start);
      if (start + chunk.length > end) {
        this.rest = chunk.subarray(end - start);
        this.position = end;
      } else this.position += chunk.length;
      if (useful.length > 0) yield useful;
    }
  }

  async close(): Promise<void> {
    await this.chunks?.return();
    this.chunks = undefined;
    this.archiveId = '';
    this.rest = Buffer.alloc(0);
  }

  private async open(archiveId: string, first: number, end: number): Promise<void> {
    await this.close();
    this.chunks = this.source.read(archiveId, { first, end }, this.signal);
    [this.archiveId, this.position, this.limit] = [archiveId, first, end];
  }

  private async next(): Promise<Buffer> {
    if (this.rest.length > 0) {
      const { rest } = this;
      this.rest = Buffer.alloc(0);
      return rest;
    }
    const step = await this.chunks?.next();
    if (step === undefined || step.done === true) throw new SourceError('A copy ended too early.');
    return step.value;
  }
}
