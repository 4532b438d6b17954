import assert from 'node:assert/strict';
import type { BrowserContextOptions } from 'playwright-core';
import { datasetInSourceFolder } from '../datasets.js';
import type { Installation } from '../installation.js';
import { Operations } from '../operations.js';
import type { ScicatClient } from '../scicat-client.js';
import { Browser } from './browser.js';
import { OpenPage } from './open-page.js';

export type Who = 'demo' | 'admin' | 'archiveManager' | 'stranger';

/** Pages below `/console` that are for operators. */
export const operatorPages = [
  ...(['/work', '/storage', '/limits', '/messages', '/queues', '/publications', '/audit'] as const),
];

const told = { reason: 'a test of the console' };

/** People at their browsers before the console of an installation that runs, and what they do beside it. */
export class ConsolePeople {
  private constructor(
    readonly installation: Installation,
    readonly browser: Browser,
    readonly demo: ScicatClient,
    readonly operations: Operations,
  ) {}

  static async before(installation: Installation): Promise<ConsolePeople> {
    const demo = await installation.client('demo');
    return new ConsolePeople(installation, await Browser.start(), demo, new Operations(installation));
  }

  get base(): string {
    return `http://127.0.0.1:${this.installation.settings.ports.console}`;
  }

  passwordOf(name: Who): string {
    return name === 'stranger' ? 'stranger' : this.installation.settings.secrets.accounts[name];
  }

  async signedIn(name: Who, path = '/console', options: BrowserContextOptions = {}): Promise<OpenPage> {
    const open = await OpenPage.of(this.browser, this.base, options);
    await open.signIn(name, this.passwordOf(name), path);
    return open;
  }

  async newJob(): Promise<string> {
    const { pid } = await datasetInSourceFolder(this.installation, this.demo);
    const { status, body } = await this.demo.postJob('archive', [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  }

  async pause(): Promise<string> {
    const body = { scope: 'all', ...told };
    return String((await this.operations.good('job-assembler', 'pauses', { body }))['id']);
  }

  async resume(id: string): Promise<void> {
    await this.operations.good('job-assembler', `pauses/${id}`, { method: 'DELETE', body: told });
  }

  stop(): Promise<void> {
    return this.browser.stop();
  }
}
