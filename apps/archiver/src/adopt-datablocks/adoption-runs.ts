import { Inject, Injectable } from '@nestjs/common';
import { Clock, isRetriable, messageOf, stillMoving, TransientError } from '#kernel';
import { HostedLoop } from '#leased-work';
import type { LongTermStorage } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import { CatalogueWord, type ListedDatablock } from '../catalog/catalogue-word.js';
import { Adoptions, type HeldAdoption } from '../persistence/adoptions.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import type { Adoption } from '../persistence/records.js';
import { AdoptDatablock, type Adopted } from './adopt-datablock.js';

const pause = 10_000;
/** Milliseconds after which what is away is looked at again. */
const awayPause = 60_000;
/** Milliseconds between two signs of life during a long reading. */
const signInterval = 5_000;
/** Archivers that may die while they read a datablock. */
const maxTries = 3;
/** Milliseconds for which a run is remembered. */
const runLifetime = 90 * 86_400_000;

/** Goes on with runs of adoption, one datablock after the other: a run that was cut off goes on where it was. */
@Injectable()
export class AdoptionRuns extends HostedLoop {
  constructor(
    store: ArchiverStore,
    private readonly runs: Adoptions,
    private readonly one: AdoptDatablock,
    private readonly catalogue: CatalogueWord,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      ...{ name: 'adoption', pause, logger, fault: 'could not go on with an adoption' },
      ready: () => store.whenReady(),
    });
  }

  async round(): Promise<boolean> {
    const now = this.clock.now();
    await this.runs.forgetEnded(new Date(now.getTime() - runLifetime));
    const run = await this.runs.take(
      this.shares.map(({ name }) => name),
      now,
      this.until(this.config.lease),
    );
    if (run === undefined) return false;
    try {
      await this.goOn(run);
    } catch (error) {
      if (this.stopping.aborted) await this.runs.wait(run, 'The archiver was stopped.', this.clock.now());
      if (this.stopping.aborted) return false;
      if (!isRetriable(error)) throw error;
      await this.runs.wait(run, messageOf(error), this.until(awayPause));
      this.logger.warn({ adoption: run._id, error: messageOf(error) }, 'an adoption waits');
    }
    return true;
  }

  private async goOn(run: Adoption): Promise<void> {
    for await (const listed of this.catalogue.datablocksAfter(run.after, run.pid)) {
      this.stopping.throwIfAborted();
      stillMoving();
      const tries = await this.runs.trying(run, listed._id);
      if (tries === undefined) return;
      const adopted = tries > maxTries ? givenUp() : await this.adopt(run, listed);
      if (adopted === undefined || !(await this.note(run, listed, adopted))) return;
    }
    if (await this.runs.end(run, this.clock.now()))
      this.logger.info({ adoption: run._id, target: run.target }, 'an adoption is over');
  }

  /** @returns undefined when it was stopped, or is in other hands */
  private async adopt(run: Adoption, listed: ListedDatablock): Promise<Adopted | undefined> {
    const lost = new AbortController();
    const signal = AbortSignal.any([this.stopping, lost.signal]);
    let shownAt = this.clock.now().getTime();
    const keep = async (): Promise<void> => {
      if (!(await this.runs.renew(run, this.until(this.config.lease)))) lost.abort(inOtherHands(run));
    };
    try {
      return await this.one.adopt(listed, run, signal, () => {
        const now = this.clock.now().getTime();
        if (now - shownAt < Math.min(signInterval, this.config.lease / 3)) return;
        shownAt = now;
        stillMoving();
        keep().catch((error: unknown) =>
          this.logger.warn(
            { adoption: run._id, error: messageOf(error) },
            'cannot say that an adoption moves',
          ),
        );
      });
    } catch (error) {
      if (lost.signal.aborted) return undefined;
      throw error;
    }
  }

  private note(run: HeldAdoption, listed: ListedDatablock, adopted: Adopted): Promise<boolean> {
    const { _id: after, archiveId, datasetId: pid } = listed;
    const { problem, ...what } = adopted;
    const named = problem === undefined ? {} : { problem: { archiveId, pid, ...problem } };
    return this.runs.step(run, { after, ...what, ...named }, this.until(this.config.lease));
  }

  private until(milliseconds: number): Date {
    return new Date(this.clock.now().getTime() + milliseconds);
  }
}

function givenUp(): Adopted {
  const message = `Expected to read it to its end, found that ${maxTries} archivers died while they did: look at the file, and at their memory.`;
  return { outcome: 'refused', bytes: 0, problem: { code: 'archiver.not-adoptable', message } };
}

function inOtherHands({ _id }: Adoption): TransientError {
  return new TransientError(
    'archiver.adoption-lost',
    `The adoption ${_id} was stopped, or is in other hands.`,
  );
}
