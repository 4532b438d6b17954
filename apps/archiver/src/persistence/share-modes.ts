import { Injectable } from '@nestjs/common';
import { Clock, TransientError } from '#kernel';
import type { StorageGate, StorageUse } from '#long-term-storage';
import { TargetNames } from '../domain/target-names.js';
import { ArchiverStore } from './archiver-store.js';
import type { ShareMode, ShareSteering } from './records.js';

/** Milliseconds after which work that met a closed share looks again. */
const lookAgainIn = 30_000;

/**
 * What operators said of shares: they are kept in the database, and every archiver asks before each step on a share. A step
 * that has begun ends; the next one waits.
 */
@Injectable()
export class ShareModes implements StorageGate {
  constructor(
    private readonly store: ArchiverStore,
    private readonly clock: Clock,
    private readonly names: TargetNames = new TargetNames(),
  ) {}

  /** @throws TransientError `archiver.share-paused` */
  async assertOpen(name: string, use: StorageUse): Promise<void> {
    const found = await this.of(name);
    if (found === undefined || (found.mode === 'drain' && use !== 'write')) return;
    const { mode, by, reason, until } = found;
    const end = until === undefined ? 'until an operator has it run again' : `until ${until.toISOString()}`;
    throw new TransientError(
      'archiver.share-paused',
      `Expected ${name} to be open for ${use === 'write' ? 'writing' : 'reading'}, found it in mode ${mode} by ${by}, ${end}: ${reason}`,
      { away: true, details: { storage: name, mode, lookAgainIn } },
    );
  }

  /** Undefined: it runs. */
  async of(name: string): Promise<ShareSteering | undefined> {
    const said = await this.store.steering.find({ _id: { $in: this.names.writtenAs(name) } }).toArray();
    // What was said of it under a name of before holds until something is said under this one.
    const found = said.find(({ _id }) => _id === name) ?? said[0];
    if (found === undefined || found.mode === 'run') return undefined;
    return found.until !== undefined && found.until <= this.clock.now() ? undefined : found;
  }

  /** The last word counts; `run` too is kept with who said it. */
  async set(
    _id: string,
    mode: ShareMode,
    word: Pick<ShareSteering, 'by' | 'reason' | 'until'>,
  ): Promise<void> {
    const { by, reason, until } = word;
    await this.store.steering.updateOne(
      { _id },
      {
        $set: { mode, by, reason, since: this.clock.now(), ...(until === undefined ? {} : { until }) },
        ...(until === undefined ? { $unset: { until: '' } } : {}),
      },
      { upsert: true },
    );
  }
}
