import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser as Chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { inside, sandboxedProcess, serviceFolder } from '../../../tools/local-stack/src/services/home.js';
import { debianHome } from '../debian-home.js';

const flags = [
  '--headless',
  // It is in a sandbox of ours already, as a user who may do nothing.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--disable-dev-shm-usage',
  '--hide-scrollbars',
];

/** Debian's Chromium in the Debian root of the local stack, driven over its debugging port. */
export class Browser {
  private constructor(
    private readonly chromium: Chromium,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(): Promise<Browser> {
    const home = await debianHome('browser');
    serviceFolder(home, 'profile');
    const server = sandboxedProcess(home, 'chromium', 'SIGTERM', [
      '/usr/bin/chromium',
      ...flags,
      `--user-data-dir=${inside('profile')}`,
      '--remote-debugging-address=127.0.0.1',
      `--remote-debugging-port=${home.port}`,
      'about:blank',
    ]);
    await server.start();
    const stop = async (): Promise<void> => {
      await server.stop();
      await home.remove();
    };
    try {
      const browser = await connected(`http://127.0.0.1:${home.port}`);
      return new Browser(browser, async () => {
        await browser.close();
        await stop();
      });
    } catch (error) {
      const words = server.lastWords();
      await stop();
      throw new Error(`Chromium did not start: ${words}`, { cause: error });
    }
  }

  /** A page of its own, without anything of other pages. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.chromium.newContext(options);
    return context.newPage();
  }

  stop(): Promise<void> {
    return this.end();
  }
}

async function connected(url: string): Promise<Chromium> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await chromium.connectOverCDP(url);
    } catch (error) {
      if (attempt === 900) throw error;
      await sleep(200);
    }
  }
}
