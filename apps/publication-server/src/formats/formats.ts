import { visibleTexts } from './plain-text.js';
import { bibtexOf } from './bibtex.js';
import { citationOf, type CitationStyle } from './citation.js';
import { cslJsonOf } from './csl-json.js';
import { dcatOf } from './dcat.js';
import { endnoteOf, risOf } from './ris.js';
import type { Renderings } from '../persistence/records.js';
import { schemaOrgOf } from './schema-org.js';
import { citableUrl, extentOf, landingPageOf, type Work } from './work.js';

/** A form in which a publication can be had, at `/doi/<doi>/export/<name>` and, if negotiated, at its page. */
export interface Format {
  readonly name: string;
  /** Shown to people. */
  readonly title: string;
  /** Without parameters; the first one is what it is sent as. */
  readonly mediaTypes: readonly [string, ...string[]];
  /** Appended to the DOI in the name of a downloaded file. */
  readonly extension: string;
  /** A schema or vocabulary, for link relations. */
  readonly profile?: string;
  readonly use: 'citation' | 'metadata';
  /** Rendered when the record came: it has to be read with that. */
  readonly rendered?: true;
  render(work: Work, style: CitationStyle): string;
}

const xml = '<?xml version="1.0" encoding="UTF-8"?>\n';
const json = (value: object): string => `${JSON.stringify(visibleTexts(value), undefined, 2)}\n`;

/** In the order in which they are shown, and preferred among equals. */
export const formats: readonly Format[] = [
  {
    name: 'bibtex',
    title: 'BibTeX',
    mediaTypes: ['application/x-bibtex', 'text/x-bibtex'],
    extension: 'bib',
    use: 'citation',
    render: bibtexOf,
  },
  {
    name: 'ris',
    title: 'RIS',
    mediaTypes: ['application/x-research-info-systems'],
    extension: 'ris',
    use: 'citation',
    render: risOf,
  },
  {
    name: 'csl-json',
    title: 'CSL-JSON',
    mediaTypes: ['application/vnd.citationstyles.csl+json', 'application/citeproc+json'],
    extension: 'csl.json',
    use: 'citation',
    render: (work) => json(cslJsonOf(work)),
  },
  {
    name: 'endnote',
    title: 'EndNote',
    mediaTypes: ['application/x-endnote-refer'],
    extension: 'enw',
    use: 'citation',
    render: endnoteOf,
  },
  {
    name: 'citation',
    title: 'Text',
    mediaTypes: ['text/x-bibliography'],
    extension: 'txt',
    use: 'citation',
    render: (work, style) => `${citationOf(work, style)}\n`,
  },
  {
    name: 'datacite-json',
    title: 'DataCite JSON',
    mediaTypes: ['application/vnd.datacite.datacite+json'],
    extension: 'datacite.json',
    profile: 'http://datacite.org/schema/kernel-4',
    use: 'metadata',
    render: (work) => json(dataciteJsonOf(work)),
  },
  {
    name: 'datacite-xml',
    title: 'DataCite XML',
    mediaTypes: ['application/vnd.datacite.datacite+xml', 'application/xml', 'text/xml'],
    extension: 'datacite.xml',
    profile: 'http://datacite.org/schema/kernel-4',
    use: 'metadata',
    rendered: true,
    render: (work) => renderingOf(work, 'datacite'),
  },
  {
    name: 'dublin-core',
    title: 'Dublin Core',
    mediaTypes: ['application/vnd.dublin-core+xml'],
    extension: 'dc.xml',
    profile: 'http://www.openarchives.org/OAI/2.0/oai_dc/',
    use: 'metadata',
    rendered: true,
    render: (work) => renderingOf(work, 'dc'),
  },
  {
    name: 'schema-org',
    title: 'schema.org JSON-LD',
    mediaTypes: ['application/ld+json', 'application/vnd.schemaorg.ld+json'],
    extension: 'jsonld',
    profile: 'https://schema.org/',
    use: 'metadata',
    render: (work) => json(schemaOrgOf(work)),
  },
  {
    name: 'dcat',
    title: 'DCAT',
    mediaTypes: ['application/vnd.dcat+ld+json'],
    extension: 'dcat.jsonld',
    profile: 'http://www.w3.org/ns/dcat#',
    use: 'metadata',
    render: (work) => json(dcatOf(work)),
  },
  {
    name: 'json',
    title: 'JSON',
    mediaTypes: ['application/json'],
    extension: 'json',
    use: 'metadata',
    render: (work) => json(ownJsonOf(work)),
  },
];

function renderingOf({ record, renderings }: Work, name: keyof Renderings): string {
  if (renderings === undefined)
    throw new Error(`Expected ${record.doi} with what was rendered, found it read without.`);
  return `${xml}${renderings[name]}\n`;
}

export function formatNamed(name: string): Format | undefined {
  return formats.find((format) => format.name === name);
}

/** As what a format is sent: our names for two JSON vocabularies are of no use to others. */
export function contentTypeOf({ mediaTypes, name }: Format): string {
  const [mediaType] = mediaTypes;
  if (name === 'dcat') return 'application/ld+json; profile="http://www.w3.org/ns/dcat#"; charset=utf-8';
  if (name === 'dublin-core') return 'application/xml; charset=utf-8';
  return `${mediaType}; charset=utf-8`;
}

/** As DataCite's own content negotiation answers. */
function dataciteJsonOf(work: Work): object {
  const { doi, alternateIdentifiers = [], ...resource } = work.record.resource;
  return {
    id: citableUrl(work),
    doi,
    url: landingPageOf(work),
    ...resource,
    alternateIdentifiers,
    identifiers: alternateIdentifiers.map(({ alternateIdentifier, alternateIdentifierType }) => ({
      identifier: alternateIdentifier,
      identifierType: alternateIdentifierType,
    })),
    schemaVersion: 'http://datacite.org/schema/kernel-4',
  };
}

/** Everything the public store knows of a publication, in its own words. */
function ownJsonOf(work: Work): object {
  const { revision: _, pictures, landingPage: __, ...record } = work.record;
  const url = landingPageOf(work);
  const { files, bytes } = extentOf(work);
  return {
    ...record,
    url,
    datestamp: work.datestamp.toISOString(),
    embargoed: work.embargoedUntil !== undefined,
    pictures: pictures.map((picture) => ({
      ...picture,
      url: `${url}/pictures/${encodeURIComponent(picture.name)}`,
    })),
    extent: { files, bytes },
    links: {
      ...(work.record.files === undefined || work.embargoedUntil !== undefined
        ? {}
        : {
            files: `${url}/files.json`,
            zip: `${url}/archive.zip`,
            tar: `${url}/archive.tar`,
            manifest: `${url}/manifest-sha256.txt`,
          }),
      linkset: `${url}/linkset.json`,
      exports: Object.fromEntries(formats.map(({ name }) => [name, `${url}/export/${name}`])),
    },
  };
}
