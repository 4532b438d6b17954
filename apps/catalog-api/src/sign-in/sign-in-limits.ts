import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { Refusal, TooManyRequests } from '../domain/errors.js';

interface Count {
  failures: number;
  readonly since: number;
}

const maxCounted = 50_000;
/** Attempts of one address at the same time: all of them together have few places in the queue of hashes. */
const maxAtOnce = 20;

/**
 * Slows guessing of passwords down: failed sign-ins are counted by name and by address, each process for itself. An
 * attempt counts from its begin, so that many at once gain nothing; a success takes itself back.
 */
@Injectable()
export class SignInLimits {
  private readonly counts = new Map<string, Count>();
  private readonly underWay = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /**
   * A sign-in with a name; undefined counts as failed.
   *
   * @throws TooManyRequests with the seconds to wait, before the password is looked at
   */
  guard<T>(name: string, address: string, signIn: () => Promise<T | undefined>): Promise<T | undefined> {
    const { perName, perAddress } = this.config.identity.signInLimits;
    return this.fewAtOnce(address, () =>
      this.limited(
        [
          { key: `name ${name.slice(0, 200)}`, most: perName },
          { key: `address ${address}`, most: perAddress },
        ],
        signIn,
      ),
    );
  }

  /** A sign-in whose name is known only afterwards; a refusal counts as failed. */
  async guardAddress<T>(address: string, signIn: () => Promise<T>): Promise<T> {
    const { perAddress } = this.config.identity.signInLimits;
    let refusal: Refusal | undefined;
    const attempt = async (): Promise<{ value: T } | undefined> => {
      try {
        return { value: await signIn() };
      } catch (error) {
        // A full queue says nothing about the password.
        if (!(error instanceof Refusal) || error.status >= 500) throw error;
        refusal = error;
        return undefined;
      }
    };
    const answer = await this.fewAtOnce(address, () =>
      this.limited([{ key: `address ${address}`, most: perAddress }], attempt),
    );
    if (answer === undefined) throw refusal ?? new Refusal(401, 'Unauthorized');
    return answer.value;
  }

  /** Nobody fills the queue for everybody else. */
  private async fewAtOnce<T>(address: string, attempt: () => Promise<T>): Promise<T> {
    const count = this.underWay.get(address) ?? 0;
    if (count >= maxAtOnce)
      throw new TooManyRequests(`${count} sign-ins of your address are under way: wait and try again.`, 1);
    this.underWay.set(address, count + 1);
    try {
      return await attempt();
    } finally {
      const left = this.underWay.get(address)! - 1;
      if (left === 0) this.underWay.delete(address);
      else this.underWay.set(address, left);
    }
  }

  private async limited<T>(
    all: readonly { readonly key: string; readonly most: number }[],
    signIn: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const limits = all.filter(({ most }) => most > 0);
    for (const { key, most } of limits) this.refuseAbove(key, most);
    const counts = limits.map(({ key }) => this.count(key));
    const takeBack = (): void => counts.forEach((count) => (count.failures -= 1));
    try {
      const answer = await signIn();
      if (answer !== undefined) takeBack();
      return answer;
    } catch (error) {
      // A server out of reach says nothing about the password.
      takeBack();
      throw error;
    }
  }

  private refuseAbove(key: string, most: number): void {
    const count = this.current(key);
    if (count === undefined || count.failures < most) return;
    const left = count.since + this.config.identity.signInLimits.window - this.clock.now().getTime();
    throw new TooManyRequests('Too many failed sign-ins: wait and try again.', Math.ceil(left / 1000));
  }

  private count(key: string): Count {
    const count = this.current(key) ?? { failures: 0, since: this.clock.now().getTime() };
    if (!this.counts.has(key)) this.makeRoom();
    this.counts.set(key, count);
    count.failures += 1;
    return count;
  }

  private current(key: string): Count | undefined {
    const count = this.counts.get(key);
    if (count === undefined) return undefined;
    const isOver = count.since + this.config.identity.signInLimits.window <= this.clock.now().getTime();
    if (isOver) this.counts.delete(key);
    return isOver ? undefined : count;
  }

  private makeRoom(): void {
    if (this.counts.size < maxCounted) return;
    const [oldest] = this.counts.keys();
    if (oldest !== undefined) this.counts.delete(oldest);
  }
}
