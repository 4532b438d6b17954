import { Inject, Injectable } from '@nestjs/common';
import { Clock, PermanentError } from '#kernel';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { WorkDeferred } from '../domain/work.js';
import { AreaFigures } from '../persistence/area-figures.js';
import type { RoomWait } from '../persistence/records.js';
import type { Asker, Retrieval } from '../persistence/retrieved-copies.js';
import { RoomWaits } from '../persistence/room-waits.js';
import { EndedCopies } from './ended-copies.js';

/** Milliseconds between two looks for room, at least and at most. */
const [soonest, latest] = [1000, 60_000];
/** Milliseconds for which a place in the queue is kept for an order that does not look: workers may be busy. */
const patience = 600_000;
/** Copies that are removed at once where room is needed. */
const batch = 100;

type Asked = Omit<Retrieval, 'archiveId'> & Asker;

/** What is not there, and in words of people. */
interface Lack {
  readonly lacks: RoomWait['lacks'];
  readonly words: string;
}

/**
 * Room in the retrieval bucket. Whoever recalls something makes its record first, then everything that has a record is added up: two
 * who ask at once both see the other, so that the limits are never passed; at worst both step back, and look again.
 */
@Injectable()
export class RetrievalArea {
  constructor(
    private readonly figures: AreaFigures,
    private readonly waits: RoomWaits,
    private readonly ended: EndedCopies,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /**
   * Before it makes its record: who came earlier goes first.
   *
   * @throws PermanentError when it can never fit; WorkDeferred while there is no room, or others wait for it
   */
  async turn(given: Asked): Promise<void> {
    if (this.isUnlimited) return;
    const asked = inAll(given);
    await this.refuseTooLarge(asked);
    const before = await this.waits.wantedBefore(asked, this.clock.now());
    const lack = await this.lackOf(asked, before);
    if (lack !== undefined) await this.wait(asked, lack);
  }

  /**
   * After it made its record, which counts for everybody from then on.
   *
   * @throws WorkDeferred when another was quicker: its record has to go again
   */
  async hold(given: Asked): Promise<void> {
    if (this.isUnlimited) return;
    const asked = inAll(given);
    const lack = await this.lackOf(asked, { space: 0, quota: 0 });
    // Both of two that came at once have stepped back: now they stand in the queue, and the first one finds room.
    if (lack !== undefined) await this.wait(asked, lack, soonest);
    await this.leave(given);
  }

  /** After it had a copy kept that was there: it takes no more room, but counts for the group. Throws as `turn` and `hold`. */
  async share(given: Asked): Promise<void> {
    if (this.isUnlimited) return;
    const asked = inAll(given);
    if (asked.group !== '' || given.beside !== undefined) await this.refuseTooLarge(asked);
    const words = await this.lackOfQuota(asked, 0);
    if (words !== undefined) await this.wait(asked, { lacks: 'quota', words });
    await this.leave(given);
  }

  /** Whose order wants more keeps its place for that. */
  private async leave({ order, beside }: Asked): Promise<void> {
    if (beside === undefined) await this.waits.leave(order);
  }

  private get isUnlimited(): boolean {
    const { retrievalSpace, retrievalQuota } = this.config;
    return retrievalSpace === undefined && retrievalQuota === undefined;
  }

  private async refuseTooLarge({ name, bytes, group, order }: Asked): Promise<void> {
    const { retrievalSpace = Infinity, retrievalQuota } = this.config;
    const quota = group === '' ? Infinity : (retrievalQuota ?? Infinity);
    if (bytes <= retrievalSpace && bytes <= quota) return;
    await this.waits.leave(order);
    if (bytes > quota)
      throw new PermanentError(
        'archiver.retrieval-over-quota',
        `Expected at most ${quota} bytes to retrieve, the quota of each group (RETRIEVAL_QUOTA), found ${bytes} bytes of ${name} for group ${group}: ask for single files of the dataset, or have the quota raised.`,
      );
    throw new PermanentError(
      'archiver.retrieval-too-large',
      `Expected at most ${retrievalSpace} bytes to retrieve, all that the retrieval area holds (RETRIEVAL_SPACE), found ${bytes} bytes of ${name}: make the area larger, or ask for single files of the dataset.`,
    );
  }

  /** What nobody has kept any more goes at once before it is said that there is no room. */
  private async lackOf(asked: Asked, before: { space: number; quota: number }): Promise<Lack | undefined> {
    const words = await this.lackOfQuota(asked, before.quota);
    if (words !== undefined) return { lacks: 'quota', words };
    for (;;) {
      const found = await this.lackOfSpace(asked, before.space);
      if (found === undefined) return undefined;
      if ((await this.ended.remove(batch)) === 0) return { lacks: 'space', words: found };
    }
  }

  private async lackOfSpace({ name, bytes }: Asked, before: number): Promise<string | undefined> {
    const { retrievalSpace } = this.config;
    if (retrievalSpace === undefined) return undefined;
    const free = Math.max(0, retrievalSpace - (await this.figures.taken(name)));
    if (bytes + before <= free) return undefined;
    const queue = before === 0 ? '' : `, and retrievals that came before want ${before}`;
    return `It waits for room in the retrieval area: it asks for ${bytes} bytes, ${free} of ${retrievalSpace} are free (RETRIEVAL_SPACE)${queue}. ${await this.nextWords()}`;
  }

  private async lackOfQuota({ name, bytes, group }: Asked, before: number): Promise<string | undefined> {
    const { retrievalQuota } = this.config;
    if (retrievalQuota === undefined || group === '') return undefined;
    const taken = await this.figures.takenBy(group, this.clock.now(), name);
    if (taken + before + bytes <= retrievalQuota) return undefined;
    const queue = before === 0 ? '' : `, and its retrievals that came before want ${before}`;
    return `It waits for the quota of group ${group}: it asks for ${bytes} bytes, ${taken} of ${retrievalQuota} are taken (RETRIEVAL_QUOTA)${queue}. ${await this.nextWords(group)}`;
  }

  private async nextWords(group?: string): Promise<string> {
    const next = await this.figures.nextEnd(this.clock.now(), group);
    return next === undefined
      ? 'What takes it is still on its way there.'
      : `Copies are kept there until ${next.toISOString()} or longer; whoever has fetched theirs can release them.`;
  }

  private async wait(
    { order, name, job, group, bytes }: Asked,
    { lacks, words }: Lack,
    longest = latest,
  ): Promise<never> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + patience);
    await this.waits.stay({ _id: order, name, job, group, bytes, lacks, since: now, until });
    const next = await this.figures.nextEnd(now, lacks === 'quota' ? group : undefined);
    const pause = Math.max(soonest, Math.min(longest, (next?.getTime() ?? Infinity) - now.getTime()));
    const code = lacks === 'quota' ? 'archiver.retrieval-quota-full' : 'archiver.retrieval-area-full';
    throw new WorkDeferred(words, pause, code);
  }
}

/** What is wanted at one time is asked for at once: half of it would wait for itself. */
function inAll({ beside = 0, ...asked }: Asked): Asked {
  return { ...asked, bytes: asked.bytes + beside };
}
