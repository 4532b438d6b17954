import { Injectable } from '@nestjs/common';
import type { Page } from '#console-api';
import { PermanentError } from '#kernel';
import { notPossible, pageOf, placeIn, type Place } from '#operations';
import { TargetNames } from '../domain/target-names.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';

/** Milliseconds the database may take for a page. */
const maxTimeMS = 5000;
/** Repairs that one answer knows of. */
const maxInRepair = 10_000;
/** Looks of one page: most copies of a look may be in another state by what is under way. */
const maxLooks = 20;

const copyStates = ['verified', 'damaged', 'missing', 'repairing'] as const;
export type CopyState = (typeof copyStates)[number];

/** One copy of a datablock. Times are ISO 8601. */
export interface CopyRow {
  readonly archiveId: string;
  readonly pid: string;
  readonly share: string;
  readonly bytes: number;
  readonly state: CopyState;
  /** When it was read last, or was found other than it should be. */
  readonly checkedAt: string;
  /** When it was last read, and was what was archived. */
  readonly verifiedAt: string;
  /** What is wrong with it. */
  readonly finding?: string;
}

export interface CopiesQuery {
  readonly pid?: string;
  readonly share?: string;
  readonly state?: string;
  readonly verifiedBefore?: Date;
  readonly after?: string;
  readonly limit: number;
}

interface Placed {
  readonly row: CopyRow;
  readonly at: Date;
}

/** Datablocks by shares: each copy, what is known of it, and since when. */
@Injectable()
export class CopiesList {
  constructor(
    private readonly store: ArchiverStore,
    private readonly names: TargetNames,
  ) {}

  /**
   * In the order of archive ids and shares.
   *
   * @throws PermanentError `operations.not-possible`
   */
  async page({ limit, after, ...query }: CopiesQuery): Promise<Page<CopyRow>> {
    const state = stateIn(query.state);
    const place = placeIn(after);
    const [afterId = '', afterShare = ''] = place?.id.split('\n') ?? [];
    const asked = state === 'repairing' ? await this.inRepair() : undefined;
    const rows: Placed[] = [];
    let from: { $gte: string } | { $gt: string } = { $gte: afterId };
    for (let look = 0; look < maxLooks; look += 1) {
      const datablocks = await this.some(
        query,
        state,
        { ...from, ...(asked === undefined ? {} : { $in: asked }) },
        limit + 2,
      );
      const inRepair = new Set(asked ?? (await this.inRepair(datablocks.map(({ _id }) => _id))));
      rows.push(
        ...datablocks
          .flatMap((datablock) => this.rowsOf(datablock, inRepair.has(datablock._id)))
          .filter(
            ({ row }) => row.archiveId > afterId || (row.archiveId === afterId && row.share > afterShare),
          )
          .filter((placed) => this.isMeant(placed, query, state)),
      );
      const last = datablocks.at(-1)?._id;
      if (last === undefined || datablocks.length < limit + 2) return paged(rows, limit);
      if (rows.length > limit) return paged(rows, limit);
      from = { $gt: last };
    }
    // Whatever was looked at is behind the place where the next page begins.
    const end = '$gt' in from ? from.$gt : afterId;
    return { ...paged(rows, limit), next: nextAfter(end) };
  }

  private some(
    query: Omit<CopiesQuery, 'limit' | 'after'>,
    state: CopyState | undefined,
    _id: object,
    limit: number,
  ) {
    return this.store.datablocks
      .find(
        {
          ...{ state: 'verified', _id: _id },
          ...(query.pid === undefined ? {} : { pid: query.pid }),
          ...this.copyLike(query, state),
        },
        { projection: { pid: 1, packedSize: 1, copies: 1 }, maxTimeMS },
      )
      .sort({ _id: 1 })
      .limit(limit)
      .toArray();
  }

  private isMeant(
    { row, at }: Placed,
    { share, verifiedBefore }: Pick<CopiesQuery, 'share' | 'verifiedBefore'>,
    state: CopyState | undefined,
  ): boolean {
    if (share !== undefined && row.share !== this.names.nameOf(share)) return false;
    if (verifiedBefore !== undefined && at >= verifiedBefore) return false;
    return state === undefined || row.state === state;
  }

  private copyLike(
    { share, verifiedBefore }: Pick<CopiesQuery, 'share' | 'verifiedBefore'>,
    state?: CopyState,
  ) {
    const missing = { damaged: { $exists: true }, 'damaged.found': /missing/ };
    const like = {
      ...(share === undefined ? {} : { share: { $in: this.names.writtenAs(share) } }),
      ...(verifiedBefore === undefined ? {} : { verifiedAt: { $lt: verifiedBefore } }),
      ...(state === 'verified' ? { damaged: { $exists: false } } : {}),
      ...(state === 'missing' ? missing : {}),
      ...(state === 'damaged' || state === 'repairing' ? { damaged: { $exists: true } } : {}),
    };
    if (Object.keys(like).length === 0) return {};
    // The index of damaged copies knows this field only.
    const sparse =
      'damaged' in like && state !== 'verified' ? { 'copies.damaged.at': { $exists: true } } : {};
    return { copies: { $elemMatch: like }, ...sparse };
  }

  private rowsOf(
    {
      _id: archiveId,
      pid,
      packedSize: bytes,
      copies,
    }: Pick<StoredDatablock, '_id' | 'pid' | 'packedSize' | 'copies'>,
    inRepair: boolean,
  ): Placed[] {
    return copies
      .map((copy) => ({ copy, share: this.names.nameOf(copy.share) }))
      .sort((one, other) => (one.share < other.share ? -1 : 1))
      .map(({ copy, share }) => {
        const { verifiedAt, damaged } = copy;
        const times = {
          checkedAt: (damaged?.at ?? verifiedAt).toISOString(),
          verifiedAt: verifiedAt.toISOString(),
        };
        const finding = damaged === undefined ? {} : { finding: damaged.found };
        const state = stateOf(copy, inRepair);
        return { at: verifiedAt, row: { archiveId, pid, share, bytes, state, ...times, ...finding } };
      });
  }

  /** Datablocks of which copies are being mended. @param among absent: all */
  private async inRepair(among?: readonly string[]): Promise<string[]> {
    const which = among === undefined ? {} : { 'command.data.archiveId': { $in: [...among] } };
    const rows = await this.store.works
      .find({ state: 'open', 'command.kind': 'repair', ...which } as object, {
        projection: { command: 1 },
        maxTimeMS,
      })
      .limit(maxInRepair)
      .toArray();
    return rows.flatMap(({ command }) => (command.kind === 'repair' ? [command.data.archiveId] : []));
  }
}

function placeOf({ row, at }: Placed): Place {
  return { at, id: `${row.archiveId}\n${row.share}` };
}

function paged(rows: readonly Placed[], limit: number): Page<CopyRow> {
  return pageOf(rows, limit, placeOf, ({ row }) => row);
}

/** Behind all copies of a datablock: no share has such a name. */
function nextAfter(archiveId: string): string {
  const at = new Date(0);
  return pageOf([0, 1], 1, () => ({ at, id: `${archiveId}\n\uffff` }), String).next ?? '';
}

function stateOf({ damaged }: StoredCopy, inRepair: boolean): CopyState {
  if (damaged === undefined) return 'verified';
  if (inRepair) return 'repairing';
  return damaged.found.includes('missing') ? 'missing' : 'damaged';
}

function stateIn(text: string | undefined): CopyState | undefined {
  const state = copyStates.find((one) => one === text);
  if (text === undefined || state !== undefined) return state;
  throw new PermanentError(
    notPossible,
    `Expected in state one of ${copyStates.join(', ')}, found ${JSON.stringify(text).slice(0, 100)}.`,
  );
}
