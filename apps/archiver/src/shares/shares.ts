import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { codeOf, messageOf, newId, PermanentError } from '#kernel';
import { IdentifiedStorage, type LongTermStorage } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import { AppHealth, type PartHealth } from '#service-host';
import { SharesToken } from '../archiver.config.js';
import type { ShareMode, ShareSteering } from '../persistence/records.js';
import { ShareModes } from '../persistence/share-modes.js';
import { TargetIdentities, type Adoption } from '../persistence/target-identities.js';

/** A share as operators see it. */
export interface ShareState {
  readonly name: string;
  /** `known`, `unidentified` or `not-needed`; `away`: it is not there, or another is in its place. */
  readonly state: string;
  readonly code?: string;
  readonly reason?: string;
  readonly freeBytes?: number;
  /** What an operator said: `run`, `drain` or `pause`, by whom, why and until when. */
  readonly mode: ShareMode;
  readonly steered?: Pick<ShareSteering, 'by' | 'reason' | 'since' | 'until'>;
}

/** The storages that this archiver has: whether each is there and is itself, and an operator's word that one is. */
@Injectable()
export class Shares implements OnApplicationBootstrap {
  constructor(
    private readonly identities: TargetIdentities,
    private readonly modes: ShareModes,
    private readonly health: AppHealth,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.health.add('shares', () => this.part());
  }

  states(): Promise<ShareState[]> {
    return Promise.all(this.shares.map((share) => this.stateOf(share)));
  }

  /**
   * Makes what is found under the name the share of that name: with the identity it has, or with a new one.
   *
   * @throws PermanentError `archiver.share-unknown`, `archiver.share-twice`, `archiver.share-unreadable`
   */
  async adopt(name: string, adoption: Adoption): Promise<ShareState> {
    const share = this.shareOf(name);
    const file = share.identity;
    if (file === undefined) return this.stateOf(share);
    const made = { id: newId(), target: name, since: this.identities.now().toISOString() };
    if ((await file.read()) === undefined) await file.write(made);
    const found = await file.read();
    if (found === undefined) throw unreadable(name);
    const { id } = found;
    const holder = await this.identities.holderOf(id);
    if (holder !== undefined && holder !== name) {
      if (this.shares.some((other) => other.name === holder) || this.identities.isConfigured(holder))
        throw twice(name, holder);
      await this.identities.forget(holder, id);
    }
    if (!(await this.identities.adopt(name, id, adoption))) throw twice(name, 'another');
    this.logger.warn({ share: name, identity: id, former: holder, ...adoption }, 'a share was adopted');
    return this.stateOf(share);
  }

  /** @throws PermanentError `archiver.share-unknown` */
  async steer(
    name: string,
    mode: ShareMode,
    word: Pick<ShareSteering, 'by' | 'reason' | 'until'>,
  ): Promise<ShareState> {
    const share = this.shareOf(name);
    await this.modes.set(name, mode, word);
    this.logger.warn({ share: name, mode, ...word }, 'a share was steered');
    return this.stateOf(share);
  }

  private async stateOf(share: LongTermStorage): Promise<ShareState> {
    const steering = await this.modes.of(share.name);
    const found = await standingOf(share, true);
    if (steering === undefined) return { ...found, mode: 'run' };
    const { mode, by, reason, since, until } = steering;
    return { ...found, mode, steered: { by, reason, since, ...(until === undefined ? {} : { until }) } };
  }

  private shareOf(name: string): LongTermStorage {
    const share = this.shares.find((candidate) => candidate.name === name);
    if (share !== undefined) return share;
    throw new PermanentError(
      'archiver.share-unknown',
      `Expected one of the shares ${this.shares.map((one) => one.name).join(', ')}, found ${JSON.stringify(name)}.`,
    );
  }

  private async part(): Promise<PartHealth> {
    const states = await Promise.all(this.shares.map((share) => standingOf(share, false)));
    const isAway = states.some(({ state }) => state === 'away');
    return {
      status: isAway ? 'away' : 'up',
      ...Object.fromEntries(states.map(({ name, state }) => [name, state])),
    };
  }
}

type Standing = Omit<ShareState, 'mode' | 'steered'>;

async function standingOf(share: LongTermStorage, withRoom: boolean): Promise<Standing> {
  const { name } = share;
  try {
    const state = share instanceof IdentifiedStorage ? await share.standing() : 'not-needed';
    return { name, state, ...(withRoom ? { freeBytes: await share.freeBytes() } : {}) };
  } catch (error) {
    return {
      name,
      state: 'away',
      code: codeOf(error, 'archiver.unexpected-error'),
      reason: messageOf(error),
    };
  }
}

function unreadable(name: string): PermanentError {
  return new PermanentError(
    'archiver.share-unreadable',
    `Expected an identity in .catena-target on ${name}, found a file that says nothing. Look whether it is the right share, remove the file there, then adopt the share again.`,
  );
}

function twice(name: string, holder: string): PermanentError {
  return new PermanentError(
    'archiver.share-twice',
    `Expected a share of its own for ${name}, found that of ${holder}: two copies in one place are one. Mount another, or remove one of the two targets.`,
  );
}
