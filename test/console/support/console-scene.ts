import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Clock } from '#kernel';
import { consoleConfigFrom } from '../../../apps/console/src/console.config.js';
import { createConsole, type Console } from '../../../apps/console/src/create-console.js';
import { ScicatApp, type AccountName } from '../../scicat/support/scicat-app.js';
import { ConsolePage } from './console-page.js';
import { Gate } from './gate.js';
import { OperatedApp } from './operated-app.js';

/** What every account of the suite has. */
const password = 'a password of the test';
const origin = 'http://127.0.0.1:3006';
export const emergencyToken = 'an emergency token of the test, long enough';

const jobConfiguration = `
configVersion: v1
jobs:
  - jobType: archive
    create: { auth: '#datasetOwner', actions: [{ actionType: catena, workflow: archive }] }
    update: { auth: '#jobOwnerGroup', actions: [] }
`;

/** Who sits before the browser, by what catalog-api lets them do. */
export const people = {
  scientist: 'user1',
  stranger: 'user2',
  viewer: 'policyKeeper',
  operator: 'sampleIngestor',
  admin: 'admin',
} as const satisfies Record<string, AccountName>;
export type Person = keyof typeof people;

/** The time of the console: that of the machine, and as much later as a test says. */
class LaterClock extends Clock {
  later = 0;
  now(): Date {
    return new Date(Date.now() + this.later);
  }
}

/** A console before a real catalog-api, which a gate can take away, and two apps that answer what a test says. */
export class ConsoleScene {
  readonly clock = new LaterClock();
  readonly log: string[] = [];

  private constructor(
    readonly catalogue: ScicatApp,
    readonly gate: Gate,
    readonly assembler: OperatedApp,
    readonly archiver: OperatedApp,
    private readonly folder: string,
  ) {}

  private console: Console;
  private base = '';

  /** @param environment of the console and of catalog-api, beside that of the scene */
  static async start(
    environment: {
      readonly console?: Readonly<Record<string, string>>;
      readonly catalogue?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<ConsoleScene> {
    const folder = await mkdtemp(join(tmpdir(), 'catena-console-'));
    const JOB_CONFIGURATION_FILE = join(folder, 'jobs.yaml');
    await writeFile(JOB_CONFIGURATION_FILE, jobConfiguration);
    const catalogue = await ScicatApp.start({
      ...{
        JOB_CONFIGURATION_FILE,
        OPERATIONS_GROUPS: 'sampleingestor',
        OPERATIONS_VIEWER_GROUPS: 'policykeeper',
      },
      TRUSTED_PROXIES: '127.0.0.1',
      ...environment.catalogue,
    });
    const gate = await Gate.before(Number(new URL(catalogue.base).port));
    const [assembler, archiver] = await Promise.all(
      ['job-assembler', 'archiver'].map((name) => OperatedApp.start(name)),
    );
    const scene = new ConsoleScene(catalogue, gate, assembler!, archiver!, folder);
    try {
      await scene.begin(environment.console ?? {});
    } catch (error) {
      await scene.leave();
      throw error;
    }
    return scene;
  }

  /** A browser that has signed in, or one of nobody. */
  async page(person?: Person): Promise<ConsolePage> {
    const page = new ConsolePage(this.base, origin);
    if (person === undefined) return page;
    const body = { strategy: 'local', username: people[person], password };
    const { status, text } = await page.send('POST', '/console/api/session', { body });
    assert.equal(status, 200, text);
    return page;
  }

  get address(): string {
    return this.base;
  }

  /** A job of the scientist, as catalog-api keeps it. */
  async putJob(_id: string, more: Record<string, unknown> = {}): Promise<void> {
    await this.catalogue.collection('Job').insertOne({
      ...{ _id, id: _id, type: 'archive', statusCode: 'inProgress', statusMessage: 'Working.' },
      ...{ ownerUser: 'user1', ownerGroup: 'group1', accessGroups: [], contactEmail: 'user1@example.org' },
      ...{ createdAt: new Date(), updatedAt: new Date(), jobResultObject: {} },
      jobParams: { datasetList: [{ pid: 'a/b', files: [] }] },
      catena: {
        ...{ outbox: { rows: [] }, history: [], workflow: 'archive', reported: 0, finished: false },
        unfinished: true,
      },
      ...more,
    });
  }

  async stop(): Promise<void> {
    await this.console.stop();
    await this.leave();
  }

  private async leave(): Promise<void> {
    await Promise.all([this.gate.shut(), this.assembler.stop(), this.archiver.stop()]);
    await this.catalogue.stop();
    await rm(this.folder, { recursive: true });
  }

  private async begin(environment: Readonly<Record<string, string>>): Promise<void> {
    const web = join(this.folder, 'web');
    await mkdir(join(web, 'assets'), { recursive: true });
    await writeFile(join(web, 'index.html'), '<!doctype html><title>Console</title>');
    await writeFile(join(web, 'assets', 'main-ABCD1234.js'), 'export {};');
    const OPERATIONS_APPS_FILE = join(this.folder, 'apps.json');
    const apps = [this.assembler, this.archiver].map(({ name, url, token }) => ({ name, url, token }));
    await writeFile(OPERATIONS_APPS_FILE, JSON.stringify({ apps }));
    const config = consoleConfigFrom({
      ...{ CATALOG_URL: this.gate.url, CONSOLE_URL: `${origin}/console`, OPERATIONS_APPS_FILE },
      ...{ CONSOLE_SECRET: 'a secret of the test with enough characters', CONSOLE_WEB_FOLDER: web },
      ...{ CONSOLE_EMERGENCY_TOKEN: emergencyToken, REQUEST_LIMIT_PER_ADDRESS: '0' },
      ...environment,
    });
    const logger = pino({ level: 'trace' }, { write: (line: string) => void this.log.push(line) });
    this.console = await createConsole(config, { clock: this.clock, logger });
    await this.console.app.listen(0, '127.0.0.1');
    this.base = await this.console.app.getUrl();
  }
}
