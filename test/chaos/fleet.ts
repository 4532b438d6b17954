import { join } from 'node:path';
import { AppProcess, type AppName } from '../../tools/start/src/index.js';
import { freePorts } from '../support/free-ports.js';
import type { Installation } from '../support/installation.js';
import { Wire } from './wire.js';

/** Variables that lead an app to somebody else. */
const ways = {
  broker: 'RABBITMQ_URL',
  database: 'MONGODB_URI',
  storage: 'S3_ENDPOINT',
  catalogue: 'CATALOG_URL',
  registry: 'DATACITE_URL',
  'public store': 'PUBLICATION_SERVER_URL',
} as const;

/** So that a connection that says nothing is given up while a story lasts. */
const patience = { BROKER_ANSWER_LIMIT: '10s' };
const copies = [1, 2] as const;
const readyLimit = 240_000;

/** One process, with its own wires to everything it talks to. */
export class Member {
  /** Somebody does something to it at this moment. */
  busy = false;

  constructor(
    readonly name: string,
    readonly app: AppName,
    readonly process: AppProcess,
    readonly wires: readonly Wire[],
    /** Where it is reached by those who talk to it, if anybody does. */
    readonly url: string,
  ) {}

  get liveUrl(): string {
    return `${this.process.options.readyUrl}/live`;
  }
}

/** An installation with two processes of each app, and everything between them within reach of whoever does harm. */
export class Fleet {
  private constructor(
    readonly installation: Installation,
    readonly members: readonly Member[],
    /** Between the clients and each catalog-api. */
    readonly doors: readonly Wire[],
  ) {}

  static async start(installation: Installation): Promise<Fleet> {
    const members: Member[] = [];
    const doors: Wire[] = [];
    for (const copy of copies)
      for (const app of installation.members) {
        const member = await recruit(installation, members, app, copy);
        members.push(member);
        if (app === 'catalog-api') doors.push(await Wire.to(`clients → ${member.name}`, member.url));
      }
    const fleet = new Fleet(installation, members, doors);
    await installation.start(
      members.map(({ process }) => process),
      readyLimit,
    );
    return fleet;
  }

  get wires(): readonly Wire[] {
    return [...this.members.flatMap(({ wires }) => wires), ...this.doors];
  }

  /** Brings everything back, and resolves when everybody is ready again. */
  async heal(log: (line: string) => void): Promise<void> {
    for (const wire of this.wires) wire.heal();
    for (const { process } of this.members) {
      process.signal('SIGCONT');
      if (!process.running) process.start();
    }
    for (const { name, process } of this.members) {
      const slow = setTimeout(() => log(`waiting for ${name} to be ready`), 10_000);
      await process.whenReady(readyLimit).finally(() => clearTimeout(slow));
    }
  }

  /** Processes that do not say that they live. */
  async lifeless(): Promise<string[]> {
    const found: string[] = [];
    for (const { name, liveUrl } of this.members) {
      const answer = await fetch(liveUrl, { signal: AbortSignal.timeout(10_000) }).catch(String);
      if (typeof answer === 'string') found.push(`${name} does not answer health/live: ${answer}`);
      else if (!answer.ok) found.push(`${name} answers health/live ${answer.status}: ${await answer.text()}`);
    }
    return found;
  }

  async stop(): Promise<void> {
    for (const wire of this.wires) wire.heal();
    await Promise.all(this.members.map(({ process }) => process.stop()));
    await Promise.all(this.wires.map((wire) => wire.end()));
  }
}

async function recruit(
  installation: Installation,
  others: readonly Member[],
  app: AppName,
  copy: number,
): Promise<Member> {
  const { options } = installation.apps[app];
  const name = `${app} ${copy}`;
  const own = copy === 1 ? {} : await ownPorts(app);
  const environment: Record<string, string> = { ...options.environment, ...patience, ...own };
  // Links that clients get lead straight to the store.
  const { S3_ENDPOINT: store } = environment;
  if (store !== undefined) environment['S3_PUBLIC_ENDPOINT'] = store;
  const neighbour = (what: AppName): Member | undefined =>
    others.findLast((member) => member.app === what && member.name.endsWith(String(copy)));
  const catalogue = neighbour('catalog-api');
  if (catalogue !== undefined && environment['CATALOG_URL'] !== undefined)
    environment['CATALOG_URL'] = catalogue.url;
  const wires: Wire[] = [];
  for (const [where, variable] of Object.entries(ways)) {
    const url = environment[variable];
    if (url === undefined) continue;
    const wire = await Wire.to(`${name} → ${where}`, url);
    wires.push(wire);
    environment[variable] = wire.url;
  }
  const port = environment['PORT'] ?? '';
  const process = new AppProcess({
    ...options,
    name,
    environment,
    logFile: join(installation.directory, `${name.replace(' ', '-')}.log`),
    readyUrl: options.readyUrl.replace(/:\d+\//, `:${port}/`),
  });
  return new Member(name, app, process, wires, `http://127.0.0.1:${port}`);
}

async function ownPorts(app: AppName): Promise<Record<string, string>> {
  const [port, privatePort] = await freePorts(2);
  return {
    PORT: String(port),
    ...(app === 'publication-server' ? { PRIVATE_PORT: String(privatePort) } : {}),
  };
}
