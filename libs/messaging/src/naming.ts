import type { AppName, PartyName } from '#contracts';

/** Everything that is derived from a message type or an app name, in one place. Nothing else spells a queue or exchange. */
export class Naming {
  /** @param prefix keeps installations (and test runs) apart on one broker, for example `catena` */
  constructor(readonly prefix: string) {}

  /** `archival.archive-datablock.v1` → `catena.archival` */
  exchangeOf(type: string): string {
    return `${this.prefix}.${contextOf(type)}`;
  }

  get receipts(): string {
    return `${this.prefix}.receipts`;
  }

  inboxOf(app: AppName): string {
    return `${this.prefix}.${app}.inbox`;
  }

  receiptsOf(app: AppName): string {
    return `${this.prefix}.${app}.receipts`;
  }

  deadOf(app: AppName): string {
    return `${this.prefix}.${app}.dead`;
  }

  /** The app's own exchange: the way to its inbox, its retry tiers and its dead letters, that nobody else may take. */
  ownOf(app: AppName): string {
    return `${this.prefix}.${app}.own`;
  }

  /** The queue that whoever plays the catalogue's side holds: see `catalogueSideOf`. */
  get catalogueSide(): string {
    return `${this.prefix}.catalogue-side`;
  }

  /** The app's account at the broker. */
  accountOf(app: AppName): string {
    return `${this.prefix}.${app}`;
  }

  /** The account of the console, which listens and says nothing. */
  get listenerAccount(): string {
    return `${this.prefix}.console`;
  }

  /** A queue of one listener; those of all begin alike. */
  listenersQueueOf(name: string): string {
    return `${this.prefix}.console.${name}`;
  }

  /** The queue of the worker that serves a target which others operate. */
  workerQueueOf(target: string): string {
    return `${this.prefix}.worker.${target}`;
  }

  /** That worker's account at the broker. */
  workerAccountOf(target: string): string {
    return `${this.prefix}.worker.${target}`;
  }

  /** Of a command to the worker of a target: its type and the target, so that no worker gets what is for another one. */
  workerKeyOf(type: string, target: string): string {
    return `${type}.${target}`;
  }

  /** Whether it is the account of a worker, whichever. */
  isWorkerAccount(account: string): boolean {
    return account.startsWith(this.workerAccountOf(''));
  }

  /** The account that a message has to come from. @param target that a worker's message is about */
  accountOfParty(party: PartyName, target: string): string {
    return party === 'worker' ? this.workerAccountOf(target) : this.accountOf(party);
  }

  /** What the names of all queues and exchanges of an app begin with, the shared ones not included. */
  ownPrefixOf(app: AppName): string {
    return `${this.prefix}.${app}.`;
  }

  /** @param delay milliseconds */
  retryOf(app: AppName, delay: number): string {
    return `${this.prefix}.${app}.retry.${durationName(delay)}`;
  }
}

/** `archival.archive-datablock.v1` → `archival` */
export function contextOf(type: string): string {
  return type.slice(0, type.indexOf('.'));
}

function durationName(milliseconds: number): string {
  if (milliseconds % 3_600_000 === 0) return `${milliseconds / 3_600_000}h`;
  if (milliseconds % 60_000 === 0) return `${milliseconds / 60_000}m`;
  if (milliseconds % 1000 === 0) return `${milliseconds / 1000}s`;
  return `${milliseconds}ms`;
}
