import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { actions, type Permission } from '#console-api';
import { AgedMap, Clock, messageOf, newId } from '#kernel';
import { LOGGER, type Logger } from '#observability';
import { plainCall } from '#operations-client';
import { networkOf } from '#service-host';
import { OperatedApps } from '../calls/operated-apps.js';
import { ConfigToken, type ConsoleConfig } from '../console.config.js';
import { ConsoleError } from '../edge/console-error.js';
import { digestOf, type Session } from './session.js';

/** Milliseconds that such a session lives. */
const life = 3_600_000;
/** Wrong tokens of one network within a quarter of an hour. */
const maxTries = 5;
const window = 900_000;
const maxCounted = 10_000;
/** Milliseconds for one app to keep an entry. */
const patience = 5000;

/** What operators may do; edited messages stay with the people whom their app knows. */
const permissions: readonly Permission[] = [
  ...(['operations.read', 'operations.act', 'operations.audit'] as const),
  ...actions.filter((action) => action !== 'session.emergency' && action !== 'parking-lot.edit'),
].map((action) => ({ action, rule: 'emergency', reach: 'all' }));

/** The way in when nobody can sign in: one secret, for operators' calls alone, and never unseen. */
@Injectable()
export class Emergency {
  private readonly tries: AgedMap<{ count: number }>;

  constructor(
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: Pick<ConsoleConfig, 'emergencyToken'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly apps: OperatedApps,
  ) {
    this.tries = new AgedMap(maxCounted, window, clock);
  }

  /** @throws ConsoleError */
  enter(given: unknown, from: string): Session {
    const { emergencyToken } = this.config;
    if (emergencyToken === undefined)
      throw new ConsoleError(404, 'console.no-emergency', 'This console has no emergency token: sign in.');
    if (typeof given !== 'string' || !isSame(given, emergencyToken)) throw this.refused(from);
    this.logger.warn({ from }, 'audit: emergency');
    const now = this.clock.now().getTime();
    return {
      ...{ username: 'emergency', groups: [], permissions, rightsAt: now, until: now + life },
      emergency: digestOf(emergencyToken),
    };
  }

  /** Has the first app that can keep an entry in its audit trail; the log has its line in any case. */
  async keep(from: string): Promise<void> {
    const call = { method: 'POST' as const, path: 'audit/emergency', body: {}, key: newId(), patience };
    const acting = { name: 'emergency', via: 'console' as const, from };
    for (const app of this.apps.all)
      try {
        const { status } = await plainCall(app, acting, call, new AbortController().signal);
        if (status === 200) return;
      } catch (error) {
        this.logger.debug({ app: app.name, error: messageOf(error) }, 'an app keeps no entry now');
      }
    this.logger.warn({ from }, 'no app keeps an entry of this emergency: it stands in this log alone');
  }

  /** The token itself is taken at any time: who shares an address with a guesser is not shut out by it. */
  private refused(from: string): ConsoleError {
    const network = networkOf(from);
    const tried = this.tries.get(network) ?? { count: 0 };
    const retryAfter = String(window / 1000);
    if (tried.count >= maxTries)
      return new ConsoleError(
        ...([429, 'console.too-many-requests', 'Too many wrong tokens: wait a quarter of an hour.'] as const),
        { retryAfter },
      );
    if (tried.count === 0) this.tries.set(network, tried);
    tried.count += 1;
    this.logger.warn({ from }, 'audit: emergency refused');
    return new ConsoleError(401, 'console.sign-in-refused', 'This is not the emergency token.');
  }
}

/** Compares digests: they have one length, and how long it takes says nothing. */
function isSame(given: string, wanted: string): boolean {
  return timingSafeEqual(Buffer.from(digestOf(given)), Buffer.from(digestOf(wanted)));
}
