import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { codeOf, messageOf, PermanentError } from '#kernel';
import { IdentifiedStorage, type LongTermStorage } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import { AppHealth, type PartHealth } from '#service-host';
import { SharesToken } from '../archiver.config.js';
import type { ShareMode, ShareSteering } from '../persistence/records.js';
import { ShareModes, type ModeWord } from '../persistence/share-modes.js';
import { TargetIdentities, type Adoption } from '../persistence/target-identities.js';
import { identityAsSeen, mountedIn, other } from './identity-as-seen.js';

/** Milliseconds for which an answer waits for a storage. */
const maxLook = 2000;

/** A share as operators see it. */
export interface ShareState {
  readonly name: string;
  /** `known`, `unidentified` or `not-needed`; `away`: it is not there, or another is in its place. */
  readonly state: string;
  readonly code?: string;
  readonly reason?: string;
  readonly freeBytes?: number;
  /** False: its storage did not answer in time; what is said of it is what was known before. */
  readonly looked?: false;
  /** What is there at this moment: the id of its identity, `empty`, or `unidentified` (files, and no identity). */
  readonly identity?: string;
  /** What an operator said: `run`, `drain` or `pause`, by whom, why and until when. */
  readonly mode: ShareMode;
  readonly steered?: Pick<ShareSteering, 'by' | 'reason' | 'since' | 'until'>;
}

/** The storages that this archiver has: whether each is there and is itself, and an operator's word that one is. */
@Injectable()
export class Shares implements OnApplicationBootstrap {
  private readonly looks = new Map<string, Promise<Standing>>();

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

  /** @throws PermanentError `archiver.share-unknown` */
  state(name: string): Promise<ShareState> {
    return this.stateOf(this.shareOf(name));
  }

  states(): Promise<ShareState[]> {
    return Promise.all(this.shares.map((share) => this.stateOf(share)));
  }

  /**
   * Makes what the operator saw under the name the share of that name: with the identity it has, or with a new one.
   *
   * @param identity what he saw ({@link ShareState}): anything else that is mounted meanwhile is not adopted
   * @throws PermanentError `archiver.share-unknown`, `archiver.share-other`, `archiver.share-twice`,
   * `archiver.share-unreadable`, `archiver.share-silent`
   */
  async adopt(name: string, identity: string, adoption: Adoption): Promise<ShareState> {
    const share = this.shareOf(name);
    if (share.identity === undefined) return this.stateOf(share);
    const seen = await this.identities.recorded(name);
    const { looked, code, reason } = await this.looked(share);
    if (looked === false) throw new PermanentError(code!, reason!);
    const id = await identityAsSeen(share, share.identity, identity, this.identities.now());
    const holder = await this.identities.holderOf(id);
    if (holder !== undefined && holder !== name) {
      if (this.shares.some((other) => other.name === holder) || this.identities.isConfigured(holder))
        throw twice(name, holder);
      await this.identities.forget(holder, id);
    }
    const outcome = await this.identities.adopt(name, id, adoption, seen);
    if (outcome === 'twice') throw twice(name, 'another');
    if (outcome === 'overtaken') throw other(name, identity, 'that another was adopted in the same moment');
    this.logger.warn({ share: name, identity: id, former: holder, ...adoption }, 'a share was adopted');
    return this.stateOf(share);
  }

  /**
   * Asks no storage: one whose file system hangs is paused just so.
   *
   * @returns what was in force before
   * @throws PermanentError `archiver.share-unknown`, `operations.changed-meanwhile`
   */
  async steer(name: string, mode: ShareMode, word: ModeWord): Promise<ShareSteering | undefined> {
    this.shareOf(name);
    const before = await this.modes.set(name, mode, word);
    this.logger.warn({ share: name, mode, ...word }, 'a share was steered');
    return before;
  }

  private async stateOf(share: LongTermStorage): Promise<ShareState> {
    const steering = await this.modes.of(share.name);
    const found = await this.looked(share);
    if (steering === undefined) return { ...found, mode: 'run' };
    const { mode, by, reason, since, until } = steering;
    return { ...found, mode, steered: { by, reason, since, ...(until === undefined ? {} : { until }) } };
  }

  /** Within {@link maxLook}: a file system that hangs gives no answer, and no error. A look that hangs is not made twice. */
  private async looked(share: LongTermStorage, withRoom = true): Promise<Standing> {
    const { name } = share;
    const key = `${name} ${withRoom}`;
    const look = this.looks.get(key) ?? standingOf(share, withRoom).finally(() => this.looks.delete(key));
    this.looks.set(key, look);
    const reason = `Expected ${name} to answer within ${maxLook / 1000} s, found that it does not: its file system may hang.`;
    const unknown: Standing = {
      ...{ name, state: 'away', looked: false, code: 'archiver.share-silent', reason },
    };
    const timer = new AbortController();
    const inTime = sleep(maxLook, unknown, { signal: timer.signal });
    inTime.catch(() => undefined);
    return Promise.race([look, inTime]).finally(() => timer.abort());
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
    const states = await Promise.all(this.shares.map((share) => this.looked(share, false)));
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
    if (!withRoom) return { name, state };
    return { name, state, freeBytes: await share.freeBytes(), ...(await identityOf(share)) };
  } catch (error) {
    return {
      ...{ name, state: 'away', code: codeOf(error, 'archiver.unexpected-error') },
      reason: messageOf(error),
      ...(withRoom ? await identityOf(share) : {}),
    };
  }
}

/** What an operator would adopt; nothing where that cannot be seen. */
async function identityOf(share: LongTermStorage): Promise<Pick<ShareState, 'identity'>> {
  try {
    return share.identity === undefined ? {} : { identity: await mountedIn(share.identity) };
  } catch {
    return {};
  }
}

function twice(name: string, holder: string): PermanentError {
  return new PermanentError(
    'archiver.share-twice',
    `Expected a share of its own for ${name}, found that of ${holder}: two copies in one place are one. Mount another, or remove one of the two targets.`,
  );
}
