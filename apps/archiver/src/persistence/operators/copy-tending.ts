import { Injectable } from '@nestjs/common';
import { Clock, PermanentError } from '#kernel';
import { changedMeanwhile, notThere } from '#operations';
import { isDuplicateKey } from '#persistence';
import { NeededTargets } from './needed-targets.js';
import type { AskedFor } from '../../domain/asked-for.js';
import { ArchiverStore } from '../archiver-store.js';
import { Datablocks } from '../datablocks.js';
import type { Command, StoredDatablock } from '../records.js';
import { goodCopies } from '../stored-copies.js';

/** The job of work that operators asked for: no real one has this id. */
export const operatorsJob = 'operations';
/** Audit entries that a record remembers. */
const maxAsked = 20;

/** Has the copies of a datablock read, or mended, for an operator: as kept work that any archiver goes on with. */
@Injectable()
export class CopyTending {
  constructor(
    private readonly store: ArchiverStore,
    private readonly datablocks: Datablocks,
    private readonly needed: NeededTargets,
    private readonly clock: Clock,
  ) {}

  /** @throws PermanentError `operations.not-there`, `operations.changed-meanwhile` while an operator's work on it goes on */
  async verify(archiveId: string, word: Omit<AskedFor, 'at'>): Promise<string> {
    const { pid } = await this.known(archiveId);
    const data = { ...idsOf(archiveId, word), pid, archiveId };
    return this.begin(archiveId, { kind: 'verify', data }, word);
  }

  /**
   * Reads all copies, and mends the one on this share from one that proves good.
   *
   * @throws PermanentError `operations.not-there`, `archiver.no-good-copy` when no other copy is known to be good, and as
   * {@link verify}
   */
  async repair(archiveId: string, share: string, word: Omit<AskedFor, 'at'>): Promise<string> {
    const { pid, copies } = await this.known(archiveId);
    if (!copies.some((copy) => copy.share === share))
      throw new PermanentError(
        notThere,
        `Expected a copy of ${archiveId} on one of ${copies.map((copy) => copy.share).join(', ')}, found ${JSON.stringify(share).slice(0, 200)}.`,
      );
    if (!goodCopies(copies).some((copy) => copy.share !== share))
      throw new PermanentError(
        'archiver.no-good-copy',
        `Expected another copy of ${archiveId} that is good, to mend the one on ${share} from, found none: ${toldOf(copies)}. Nothing was touched. Restore one from elsewhere, and have it verified.`,
        { details: { archiveId, share } },
      );
    const data = { ...idsOf(archiveId, word), pid, archiveId, only: share };
    return this.begin(archiveId, { kind: 'repair', data }, word);
  }

  /** The work that was asked for under this audit entry. */
  async begunUnder(archiveId: string, entry: string): Promise<string | undefined> {
    return (await this.store.works.findOne({ _id: idOf(archiveId), 'asked.entry': entry }))?._id;
  }

  private async known(archiveId: string): Promise<StoredDatablock> {
    const found = await this.datablocks.verified(archiveId);
    if (found !== undefined) return found;
    throw new PermanentError(
      notThere,
      `Expected a verified datablock ${JSON.stringify(archiveId).slice(0, 300)}, found none: it was not archived by this archiver, or was discarded.`,
    );
  }

  /** One at a time for each datablock, in one write: its record is that of the work before, if that is over. */
  private async begin(archiveId: string, command: Command, word: Omit<AskedFor, 'at'>): Promise<string> {
    const [_id, now] = [idOf(archiveId), this.clock.now()];
    const needs = await this.needed.of(command);
    const begun = {
      ...{ jobId: operatorsJob, command, state: 'open' as const, acceptedAt: now, dueAt: now, attempts: 0 },
      ...{ cancelRequested: false, waitCode: 'work.queued', outbox: { rows: [] } },
      ...(needs === undefined ? {} : { needs }),
    };
    try {
      await this.store.works.updateOne(
        { _id, state: { $ne: 'open' } },
        {
          $set: begun,
          $unset: {
            ...({ fault: '', pause: '', startedAt: '', endedAt: '', worker: '', forgetting: '' } as const),
            ...({ phase: '', bytesDone: '', bytesTotal: '', rate: '', left: '', published: '' } as const),
          },
          // Whoever had the one before has an older token.
          $inc: { epoch: 1 },
          $push: { asked: { $each: [{ ...word, at: now }], $slice: -maxAsked } },
        },
        { upsert: true },
      );
      return _id;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    throw await this.busy(_id, archiveId);
  }

  private async busy(_id: string, archiveId: string): Promise<PermanentError> {
    const found = await this.store.works.findOne({ _id });
    const asked = found?.asked?.at(-1);
    const who = asked === undefined ? 'another' : `${asked.by} at ${asked.at.toISOString()}`;
    return new PermanentError(
      changedMeanwhile,
      `Expected that nobody has the copies of ${archiveId} tended, found a ${found?.command.kind ?? 'work'} that ${who} asked for. Look at GET operations/works/${encodeURIComponent(_id)}.`,
      { details: { archiveId } },
    );
  }
}

function idOf(archiveId: string): string {
  return `${operatorsJob}/${archiveId}`;
}

/** Each has its own: what one has set aside is not that of another. */
function idsOf(archiveId: string, { entry }: Pick<AskedFor, 'entry'>) {
  return { workOrderId: `${idOf(archiveId)}/${entry}`, jobId: operatorsJob };
}

function toldOf(copies: StoredDatablock['copies']): string {
  return copies
    .map(
      ({ share, damaged }) =>
        `on ${share}: ${damaged === undefined ? 'the one to be mended' : damaged.found}`,
    )
    .join('; ')
    .slice(0, 1000);
}
