import { setTimeout as sleep } from 'node:timers/promises';
import type { AppName } from '../../tools/start/src/index.js';
import type { Chance } from '../fuzz/random.js';
import type { PublishingInstallation } from '../support/publications.js';

const victims: readonly AppName[] = ['catalog-api', 'publisher', 'publication-server'];
const faults = ['lose-answer', 'fail', 'busy'] as const;

/** Kills, stops and cuts off, at moments nobody chose; the same seed makes the same plan. */
export class Monkey {
  private stopped = false;
  private readonly repairs: Promise<void>[] = [];
  private readonly down = new Set<AppName>();
  readonly deeds = new Map<string, number>();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly site: PublishingInstallation,
    private readonly random: Chance,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Leaves everything as it found it. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await Promise.all(this.repairs);
    this.site.datacite.away = false;
    this.site.datacite.calm();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await sleep(200 + this.random.below(1200));
      const deed = this.random.below(10);
      if (deed < 4) this.repairs.push(this.kill(this.victim()));
      else if (deed < 6) this.repairs.push(this.freeze(this.victim()));
      else if (deed < 7) this.repairs.push(this.cutOff());
      else this.disturb();
    }
  }

  private victim(): AppName {
    return victims[this.random.below(victims.length)]!;
  }

  private async kill(name: AppName): Promise<void> {
    if (this.down.has(name)) return;
    this.down.add(name);
    this.count(`kill -9 ${name}`);
    const app = this.site.installation.apps[name];
    await app.stop('SIGKILL');
    await sleep(this.random.below(2000));
    app.start();
    await app.whenReady();
    this.down.delete(name);
  }

  /** Longer than its lease at times: when it wakes up, another one may have its work. */
  private async freeze(name: AppName): Promise<void> {
    if (this.down.has(name)) return;
    this.down.add(name);
    this.count(`freeze ${name}`);
    const app = this.site.installation.apps[name];
    app.signal('SIGSTOP');
    await sleep(500 + this.random.below(5000));
    app.signal('SIGCONT');
    this.down.delete(name);
  }

  private async cutOff(): Promise<void> {
    this.count('DataCite away');
    this.site.datacite.away = true;
    await sleep(500 + this.random.below(3000));
    this.site.datacite.away = false;
  }

  private disturb(): void {
    const fault = faults[this.random.below(faults.length)]!;
    this.count(`DataCite: ${fault}`);
    this.site.datacite.order(this.random.below(3) === 0 ? 'GET' : 'PUT', fault);
  }

  private count(deed: string): void {
    this.deeds.set(deed, (this.deeds.get(deed) ?? 0) + 1);
  }
}
