import assert from 'node:assert/strict';
import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { Browser } from './browser.js';

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Milliseconds that a page of a busy machine may take to show what is looked for. */
const patience = 120_000;

/** A page in the browser, with everything that the browser complains about. */
export class OpenPage {
  private readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly base: string,
  ) {}

  static async of(browser: Browser, base: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
    const page = await browser.page({ locale: 'en-GB', viewport: { width: 1280, height: 900 }, ...options });
    page.setDefaultTimeout(patience);
    const open = new OpenPage(page, base);
    page.on('console', (message) => {
      // What was answered with 4xx or 5xx the page itself shows, or is meant to.
      if (!/^Failed to load resource/.test(message.text())) open.complaints.push(message.text());
    });
    page.on('pageerror', (error) => open.complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(base)) open.complaints.push(`a request to ${request.url()}`);
    });
    return open;
  }

  async go(path: string): Promise<void> {
    await this.page.goto(this.base + path);
  }

  /** Fills in the form for signing in, with this kind of account where the page offers several. */
  async fillIn(name: string, password: string, account: 'local' | 'ldap' = 'local'): Promise<void> {
    await this.page.locator('#username').fill(name);
    await this.page.locator('#password').fill(password);
    const choice = this.page.locator(`input[name=strategy][value=${account}]`);
    if ((await choice.count()) > 0) await choice.check();
    await this.page.locator('form button[type=submit]').first().click();
  }

  /** Goes to a page, and signs in on the way. */
  async signIn(name: string, password: string, path = '/console'): Promise<void> {
    await this.go(path);
    await this.fillIn(name, password);
    await this.page.locator('header.top').waitFor();
  }

  /** Waits until the page shows this text, whatever else has it and is hidden. */
  async says(text: string | RegExp): Promise<void> {
    try {
      await this.page.getByText(text).filter({ visible: true }).first().waitFor();
    } catch (error) {
      throw new Error(`Expected the page to say ${String(text)}, found:\n${await this.text()}`, {
        cause: error,
      });
    }
  }

  async text(): Promise<string> {
    return (await this.page.locator('body').innerText()).replaceAll('\u00a0', ' ');
  }

  /** Nothing that WCAG forbids, nothing beyond the edge, no complaint of the browser. */
  async isSound(what: string): Promise<void> {
    // Further down something may lie half below the head, which stays where it is.
    await this.page.evaluate('scrollTo(0, 0)');
    await this.page.evaluate(axe.source);
    const violations = await this.page.evaluate<Violation[]>(`axe
      .run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations)`);
    assert.deepEqual(
      violations.map(({ id, nodes }) => [id, nodes[0]?.html, nodes[0]?.failureSummary]),
      [],
      what,
    );
    const beyond = await this.page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    assert.ok(beyond <= 0, `${what}: ${beyond} pixels beyond the edge`);
    this.isQuiet(what);
  }

  isQuiet(what: string): void {
    assert.deepEqual(this.complaints, [], what);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
