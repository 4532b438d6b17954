import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../fuzz/random.js';
import type { Fleet, Member } from './fleet.js';
import type { Ending, Wire } from './wire.js';

/** Something that goes wrong. Chance is asked before anything is waited for, so that a seed makes the same plan each time. */
export interface Mischief {
  /** Beside the others: of two with 1 and 3, the second one happens three times as often. */
  readonly weight: number;
  /** @returns what it did, and the repair to wait for */
  readonly happen: (random: Chance) => { readonly deed: string; readonly over: Promise<void> };
}

const pause = { least: 100, more: 900 };
/** Longer than the leases of a story, at times: whoever wakes up finds that somebody else has its work. */
const longestSleep = 9000;

/** Kills, stops, cuts and freezes, at moments that a seed has chosen. */
export class Monkey {
  readonly deeds = new Map<string, number>();
  /** Processes that ended without anybody having killed them. */
  readonly deaths: string[] = [];
  private readonly stopping = new AbortController();
  private readonly repairs: Promise<void>[] = [];
  private readonly mischiefs: readonly Mischief[];
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly fleet: Fleet,
    private readonly random: Chance,
    more: readonly Mischief[] = [],
  ) {
    this.mischiefs = [
      { weight: 3, happen: (chance) => this.kill(chance) },
      { weight: 1, happen: (chance) => this.restart(chance) },
      { weight: 3, happen: (chance) => this.stopForAWhile(chance) },
      { weight: 5, happen: (chance) => this.cut(chance) },
      { weight: 4, happen: (chance) => this.freeze(chance) },
      { weight: 1, happen: (chance) => this.close(chance) },
      ...more,
    ];
  }

  start(): void {
    this.running = this.run();
  }

  /** No more faults from now on; resolves when all are mended. */
  async stop(log: (line: string) => void): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.repairs);
    this.lookForDeaths();
    await this.fleet.heal(log);
  }

  get summary(): string {
    return [...this.deeds].map(([deed, times]) => `${times} × ${deed}`).join(', ');
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.wait(pause.least + this.random.below(pause.more));
      this.lookForDeaths();
      const { deed, over } = this.chosen().happen(this.random);
      this.deeds.set(deed, (this.deeds.get(deed) ?? 0) + 1);
      this.repairs.push(over);
    }
  }

  private chosen(): Mischief {
    const sum = this.mischiefs.reduce((all, { weight }) => all + weight, 0);
    let at = this.random.below(sum);
    return this.mischiefs.find(({ weight }) => (at -= weight) < 0)!;
  }

  private kill(random: Chance): ReturnType<Mischief['happen']> {
    const [member, away] = [random.pick(this.fleet.members), random.below(3000)];
    return this.with('killed', member, async () => {
      await member.process.stop('SIGKILL');
      await this.wait(away);
      member.process.start();
    });
  }

  private restart(random: Chance): ReturnType<Mischief['happen']> {
    const member = random.pick(this.fleet.members);
    return this.with('restarted', member, async () => {
      await member.process.stop('SIGTERM', 40_000);
      member.process.start();
    });
  }

  private stopForAWhile(random: Chance): ReturnType<Mischief['happen']> {
    const [member, asleep] = [random.pick(this.fleet.members), 500 + random.below(longestSleep)];
    return this.with('stopped for a while', member, async () => {
      member.process.signal('SIGSTOP');
      await this.wait(asleep);
      member.process.signal('SIGCONT');
    });
  }

  private cut(random: Chance): ReturnType<Mischief['happen']> {
    const wire = random.pick(this.fleet.wires);
    const ending: Ending = random.pick(['RST', 'FIN'] as const);
    const after = random.happens(0.3) ? 0 : random.below(random.pick([100, 2000, 100_000]));
    if (after === 0) wire.cut(ending);
    else wire.cutAfter(after, ending);
    return { deed: `cut (${ending}) ${kindOf(wire)}`, over: Promise.resolve() };
  }

  /** Afterwards it goes on as if nothing had been, or is found dead. */
  private freeze(random: Chance): ReturnType<Mischief['happen']> {
    const wire = random.pick(this.fleet.wires);
    const [frozen, ending] = [
      500 + random.below(longestSleep),
      random.pick([undefined, 'RST', 'FIN'] as const),
    ];
    wire.freeze();
    const thaw = async (): Promise<void> => {
      await this.wait(frozen);
      if (ending !== undefined) wire.cut(ending);
      wire.heal();
    };
    return { deed: `frozen ${kindOf(wire)}`, over: thaw() };
  }

  private close(random: Chance): ReturnType<Mischief['happen']> {
    const [wire, away] = [random.pick(this.fleet.wires), 500 + random.below(4000)];
    wire.close();
    return { deed: `refused ${kindOf(wire)}`, over: this.wait(away).then(() => wire.heal()) };
  }

  private with(what: string, member: Member, act: () => Promise<void>): ReturnType<Mischief['happen']> {
    if (member.busy) return { deed: 'left alone', over: Promise.resolve() };
    member.busy = true;
    const over = act().finally(() => (member.busy = false));
    return { deed: `${what} ${member.app}`, over };
  }

  private lookForDeaths(): void {
    for (const { name, process } of this.fleet.members.filter(({ busy }) => !busy)) {
      if (process.running) continue;
      const { code, signal } = process.exit ?? {};
      this.deaths.push(
        `${name} ended by itself (code ${code}, signal ${signal}): see ${process.options.logFile}`,
      );
      process.start();
    }
  }

  /** Shorter when everything is to be mended. */
  private async wait(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

/** `archiver 2 → broker` → `archiver → broker` */
function kindOf({ name }: Wire): string {
  return name.replaceAll(/ \d/g, '');
}
