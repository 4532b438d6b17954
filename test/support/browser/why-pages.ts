import assert from 'node:assert/strict';
import type { WaitWord } from '#console-api';
import { until } from '#messaging/testing';
import type { Installation } from '../installation.js';
import type { WhyReader } from '../operations.js';
import { Browser } from './browser.js';
import { OpenPage } from './open-page.js';

const languages = { en: 'en-GB', de: 'de-DE' } as const;
type Language = keyof typeof languages;

/** What a person reads for each code, whatever the facts of it are: written down here, not taken from the page's own texts. */
const sentences: Readonly<Record<WaitWord, Readonly<Record<Language, RegExp>>>> = {
  'message.parked': {
    en: /A message about this job could not be handled/,
    de: /Eine Nachricht zu diesem Auftrag konnte nicht verarbeitet werden/,
  },
  paused: { en: /has paused .+: .+/, de: /hat .+ angehalten: .+/ },
  'window.closed': { en: /\S+ is in maintenance/, de: /\S+ wird gewartet/ },
  deferred: { en: /has moved it to a later time: .+/, de: /hat ihn auf später gelegt: .+/ },
  'cancel.waiting': { en: /Being cancelled/, de: /Wird .*abgebrochen/ },
  'catalog.unsent': {
    en: /The catalogue cannot send its message/,
    de: /Der Katalog kann seine Nachricht nicht senden/,
  },
  'catalog.unaccepted': {
    en: /has not accepted the message of the catalogue/,
    de: /hat die Nachricht des Katalogs nicht angenommen/,
  },
  'plan.waiting': { en: /It cannot be planned now/, de: /Er kann jetzt nicht geplant werden/ },
  'plan.running': { en: /Being planned/, de: /Wird geplant/ },
  'target.unknown': {
    en: /Target \S+ is not in ROUTES_FILE any more/,
    de: /Das Ziel \S+ steht nicht mehr in ROUTES_FILE/,
  },
  'limit.global': {
    en: /All \d+ slots of the installation are taken/,
    de: /Alle \d+ Plätze der Installation sind belegt/,
  },
  'limit.group': {
    en: /All \d+ slots of group \S+ are taken/,
    de: /Alle \d+ Plätze der Gruppe \S+ sind belegt/,
  },
  'limit.target': { en: /All \d+ slots at .+ are taken/, de: /Alle \d+ Plätze bei .+ sind belegt/ },
  'slot.kept': {
    en: /The free slot at \S+ is kept for work that needs several at once/,
    de: /Der freie Platz bei \S+ ist für Arbeit reserviert, die mehrere zugleich braucht/,
  },
  'work.unsent': {
    en: /Its work orders cannot be sent/,
    de: /Seine Arbeitsaufträge können nicht gesendet werden/,
  },
  'work.unaccepted': { en: /archiver/i, de: /archiver/i },
  'work.silent': { en: /gives no sign of life|says nothing more/, de: /kein Lebenszeichen|sagt nichts mehr/ },
  'source.away': {
    en: /The folder of its originals is not mounted/,
    de: /Der Ordner seiner Originale ist nicht eingebunden/,
  },
  'quota.full': { en: /No room left/, de: /Kein Platz mehr/ },
  'work.waiting': { en: /cannot be used now/, de: /jetzt nicht benutzbar/ },
  'copy.missing': { en: /No good copy can be read/, de: /Keine gute Kopie ist lesbar/ },
  'cold.restoring': {
    en: /A cold object is being restored/,
    de: /Ein kaltes Objekt wird wiederhergestellt/,
  },
  'worker.outside': { en: /The operators of \S+ do it/, de: /Der Betrieb von \S+ macht es/ },
  'work.retrying': {
    en: /It failed and is tried again: attempt \d+ of \d+/,
    de: /Fehlgeschlagen, wird wieder versucht: Versuch \d+ von \d+/,
  },
  'work.shared-recall': {
    en: /(Job \S+|Another job) recalls the same datablock/,
    de: /(Auftrag \S+|Ein anderer Auftrag) holt denselben Datenblock/,
  },
  'work.tape': { en: /It waits for (a drive|cartridge)/, de: /Er wartet auf (ein Laufwerk|Kassette)/ },
  'work.queued': {
    en: /All \d+ slots of \d+ archivers are busy|It waits for a free archiver/,
    de: /Alle \d+ Plätze von \d+ Archivern sind belegt|Er wartet auf einen freien Archiver/,
  },
  'register.waiting': {
    en: /It is archived; the catalogue has not registered it yet/,
    de: /Er ist archiviert; der Katalog hat ihn noch nicht eingetragen/,
  },
  external: { en: /Another system runs it/, de: /Ein anderes System führt ihn aus/ },
  'work.running': { en: /Being worked on/, de: /In Arbeit/ },
};

/** Milliseconds for which a page is looked at: it asks anew every fifteen seconds, and apps that are frozen are waited for. */
const patience = 240_000;

/** Reads why jobs wait where people do: on the page of the job in a real browser, in each language. */
export class WhyPages implements WhyReader {
  private readonly seen = new Set<string>();
  private reading = Promise.resolve();

  private constructor(
    private readonly browser: Browser,
    private readonly pages: Readonly<Record<Language, OpenPage>>,
    private readonly base: string,
  ) {}

  /** Of an installation with a console that runs. An operator signs in, once for each language. */
  static async of(installation: Installation): Promise<WhyPages> {
    const { ports, secrets } = installation.settings;
    const base = `http://127.0.0.1:${ports.console}`;
    const browser = await Browser.start();
    const signedIn = async (language: Language): Promise<OpenPage> => {
      const open = await OpenPage.of(browser, base, { locale: languages[language] });
      await open.signIn('admin', secrets.accounts.admin);
      return open;
    };
    try {
      return new WhyPages(browser, { en: await signedIn('en'), de: await signedIn('de') }, base);
    } catch (error) {
      await browser.stop();
      throw error;
    }
  }

  /** Each code once: it has the same sentence at every job. One after the other, as people do. */
  read(jobId: string, code: string, isFirst: boolean): Promise<void> {
    this.reading = this.reading.then(async () => {
      if (this.seen.has(code)) return;
      await Promise.all([this.readIn('en', jobId, code, isFirst), this.readIn('de', jobId, code, isFirst)]);
      this.seen.add(code);
    });
    return this.reading;
  }

  async stop(): Promise<void> {
    await this.browser.stop();
  }

  private async readIn(language: Language, jobId: string, code: string, isFirst: boolean): Promise<void> {
    const open = this.pages[language];
    const address = `/console/jobs/${encodeURIComponent(jobId)}`;
    // Anew, though it would follow by itself within seconds: a catalogue that is frozen must not hold it up.
    await open.page.goto(this.base + address, { waitUntil: 'commit' });
    const sentence = sentences[code as WaitWord][language];
    const part = open.page.locator(isFirst ? '.why .headline' : '.why').first();
    let last: string | null = '';
    const isRead = async (): Promise<boolean> => {
      last = (await part.count()) === 0 ? '' : await part.textContent().catch(() => '');
      return sentence.test((last ?? '').replaceAll('\u00a0', ' '));
    };
    await until(isRead, patience).catch(() =>
      assert.fail(`expected the words of ${code} in ${language} on ${address}, found ${last}`),
    );
    open.isQuiet(`${code} in ${language}`);
  }
}
