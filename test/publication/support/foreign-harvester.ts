import assert from 'node:assert/strict';
import { runInside } from '../../../tools/local-stack/src/services/home.js';
import { debianHome, type DebianHome } from '../../support/debian-home.js';

interface ForeignRecord {
  readonly identifier: string;
  readonly datestamp: string;
  readonly deleted: boolean;
  /** The metadata as the harvester serialises them; empty for deleted records. */
  readonly metadata: string;
}

/** `oai_pmh` of Tim Brody's HTTP::OAI, as Debian packages it: a harvester that knows nothing of us. */
export class ForeignHarvester {
  private constructor(private readonly home: DebianHome) {}

  static async create(): Promise<ForeignHarvester> {
    return new ForeignHarvester(await debianHome('harvester'));
  }

  /** One harvest to its last token. @param given metadataPrefix, from, until, set, identifier */
  async harvest(
    baseUrl: string,
    verb: string,
    given: Readonly<Record<string, string>>,
  ): Promise<ForeignRecord[]> {
    const options = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
    const lines = await runInside(this.home, ['oai_pmh', '-X', verb, ...options, baseUrl]);
    return lines
      .join('\n')
      .split('\f')
      .filter((text) => text.trim() !== '')
      .map(recordOf);
  }

  close(): Promise<void> {
    return this.home.remove();
  }
}

/** `name: value` lines, an empty line, XML. */
function recordOf(text: string): ForeignRecord {
  const end = text.indexOf('\n\n');
  const header = new Map(
    (end < 0 ? text : text.slice(0, end))
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)] as const),
  );
  const field = (name: string): string => header.get(name) ?? assert.fail(`no ${name} in ${text}`);
  return {
    identifier: field('identifier'),
    datestamp: field('datestamp'),
    deleted: header.get('status') === 'deleted',
    metadata: end < 0 ? '' : text.slice(end).trim(),
  };
}
