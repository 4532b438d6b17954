import { createRequire } from 'node:module';
import type { PublicRecord } from '#publication-feed';
import type { Work, WorkFile } from '../../../apps/publication-server/src/formats/work.js';
import { storedRecord } from '../../../apps/publication-server/src/persistence/stored-record.js';

/** A work as the server would make it of a record. */
export function workOf(record: PublicRecord, files: readonly WorkFile[] = []): Work {
  const stored = storedRecord(record, new Date('2026-06-01T00:00:00Z'));
  return {
    record: stored.record,
    renderings: stored.renderings,
    datestamp: new Date('2026-05-01T10:00:00Z'),
    catalogue: { url: 'https://data.example.org', name: 'Open Data', oaiDomain: 'data.example.org' },
    files,
  };
}

interface CslItem {
  readonly type?: string;
  readonly title?: string;
  readonly author?: readonly {
    readonly family?: string;
    readonly given?: string;
    readonly literal?: string;
  }[];
  readonly publisher?: string;
  readonly version?: string;
  readonly DOI?: string;
  readonly URL?: string;
  readonly abstract?: string;
  readonly issued?: { readonly 'date-parts'?: readonly (readonly (number | string)[])[] };
}

const require = createRequire(import.meta.url);
const { plugins } = require('@citation-js/core') as {
  plugins: { input: { chain(input: unknown, options: object): CslItem[] } };
};
require('@citation-js/plugin-bibtex');
require('@citation-js/plugin-ris');

/** What a reader of another project understands of a citation. */
export function readCitation(type: '@bibtex/text' | '@ris/file' | '@csl/object', input: unknown): CslItem {
  const [item] = plugins.input.chain(input, { forceType: type, generateGraph: false });
  if (item === undefined) throw new Error('expected one item');
  return item;
}
