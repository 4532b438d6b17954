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

interface Asked extends Omit<Retrieval, 'archiveId'>, Asker {}

/** What has to be free for it. */
interface Need extends Asked {
  /** Bytes that its job still wants, without those that are there. */
  readonly wanted: number;
  /** Bytes that are kept for others that have begun. */
  readonly kept: { readonly space: number; readonly quota: number };
}

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
    const need = await this.needOf(asked);
    // Who has begun passes those that wait: room was kept for all of it, and what it holds is given to nobody before its end.
    const hasBegun = need.wanted < (asked.together ?? 0);
    const before = hasBegun ? { space: 0, quota: 0 } : await this.waits.wantedBefore(asked, this.clock.now());
    const lack = await this.lackOf(need, {
      space: before.space + need.kept.space,
      quota: before.quota + need.kept.quota,
    });
    if (lack !== undefined) await this.wait(need, lack);
  }

  /**
   * After it made its record, which counts for everybody from then on.
   *
   * @throws WorkDeferred when another was quicker: its record has to go again
   */
  async hold(given: Asked): Promise<void> {
    if (this.isUnlimited) return;
    const asked = inAll(given);
    const need = await this.needOf(asked);
    const lack = await this.lackOf(need, need.kept);
    // Both of two that came at once have stepped back: now they stand in the queue, and the first one finds room.
    if (lack !== undefined) await this.wait(need, lack, soonest);
    await this.leave(given);
  }

  /** After it had a copy kept that was there: it takes no more room, but counts for the group. Throws as `turn` and `hold`. */
  async share(given: Asked): Promise<void> {
    if (this.isUnlimited) return;
    const asked = inAll(given);
    if (asked.group !== '' || given.beside !== undefined || given.together !== undefined)
      await this.refuseTooLarge(asked);
    const need = await this.needOf(asked);
    const lack = await this.lackOfShare(need, asked.bytes);
    if (lack !== undefined) await this.wait(need, lack);
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

  /**
   * What a job wants in all is kept for it from its first copy on: two that each had half of what they want would wait for each
   * other, and copies of a job that goes on are let go of by nobody.
   */
  private async needOf(asked: Asked): Promise<Need> {
    const now = this.clock.now();
    const { name, job, group, together = 0, bytes } = asked;
    const none = { present: 0, coming: 0 };
    const { present, coming } = together > 0 ? await this.figures.heldBy(job, now, name) : none;
    const kept = { space: 0, quota: 0 };
    for await (const claim of this.figures.claims(now, job)) {
      kept.space += claim.lacks;
      if (claim.group === group) kept.quota += claim.lacks;
    }
    // What is on its way may be about to step back: until one is there the whole job waits in the queue.
    const wanted = Math.max(bytes, together - present);
    return { ...asked, bytes: Math.max(bytes, together - present - coming), wanted, kept };
  }

  private async refuseTooLarge({ name, bytes: own, together = 0, job, group, order }: Asked): Promise<void> {
    const bytes = Math.max(own, together);
    const what = together > own ? `all of job ${job}` : name;
    const smaller = together > own ? 'retrieve in smaller jobs' : 'ask for single files of the dataset';
    const { retrievalSpace = Infinity, retrievalQuota } = this.config;
    const quota = group === '' ? Infinity : (retrievalQuota ?? Infinity);
    if (bytes <= retrievalSpace && bytes <= quota) return;
    await this.waits.leave(order);
    if (bytes > quota)
      throw new PermanentError(
        'archiver.retrieval-over-quota',
        `Expected at most ${quota} bytes to retrieve, the quota of each group (RETRIEVAL_QUOTA), found ${bytes} bytes of ${what} for group ${group}: ${smaller}, or have the quota raised.`,
      );
    throw new PermanentError(
      'archiver.retrieval-too-large',
      `Expected at most ${retrievalSpace} bytes to retrieve, all that the retrieval area holds (RETRIEVAL_SPACE), found ${bytes} bytes of ${what}: make the area larger, or ${smaller}.`,
    );
  }

  /** A first copy that is there already is a beginning as well: room is kept for what follows. */
  private async lackOfShare(need: Need, bytes: number): Promise<Lack | undefined> {
    if (need.bytes > bytes) return this.lackOf(need, need.kept);
    const words = await this.lackOfQuota(need, need.kept.quota);
    return words === undefined ? undefined : { lacks: 'quota', words };
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
    { order, name, job, group, together, wanted }: Need,
    { lacks, words }: Lack,
    longest = latest,
  ): Promise<never> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + patience);
    const claim = together === undefined ? {} : { claim: job };
    await this.waits.stay({
      _id: order,
      name,
      job,
      group,
      bytes: wanted,
      lacks,
      since: now,
      until,
      ...claim,
    });
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
