import { doiPath, doiUrl, type Person } from '#datacite';
import { oaiIdentifier } from '../oai/oai-identifier.js';
import type { StoredRecord } from '../persistence/records.js';
import { withoutMarkup } from './markup.js';

/** Where this server is and who runs it, as every format says it. */
export interface Catalogue {
  /** Without trailing slash. */
  readonly url: string;
  readonly name: string;
  readonly contact?: string;
  /** The domain in OAI identifiers. */
  readonly oaiDomain: string;
}

/** A file as formats list it. */
export interface WorkFile {
  readonly path: string;
  readonly size: number;
  readonly sha256?: string;
}

/** One publication, ready to be said in any format. */
export interface Work {
  readonly record: StoredRecord['record'];
  /** Where a format was asked for that is stored. */
  readonly renderings?: StoredRecord['renderings'];
  readonly datestamp: Date;
  readonly catalogue: Catalogue;
  /** While it lies ahead, files are not public. */
  readonly embargoedUntil?: Date;
  /** The first files; none under embargo. */
  readonly files: readonly WorkFile[];
}

/** The canonical address of the landing page. */
export function landingPageOf({ record, catalogue }: Pick<Work, 'record' | 'catalogue'>): string {
  return `${catalogue.url}/doi/${doiPath(record.doi)}`;
}

/** What to cite: the DOI as a link, or the page as long as nobody could resolve the DOI. */
export function citableUrl(work: Pick<Work, 'record' | 'catalogue'>): string {
  return work.record.registered ? doiUrl(work.record.doi) : landingPageOf(work);
}

export function fileUrl(work: Pick<Work, 'record' | 'catalogue'>, path: string): string {
  return `${landingPageOf(work)}/files/${path.split('/').map(encodeURIComponent).join('/')}`;
}

export function oaiUrl({ record, catalogue }: Work): string {
  const identifier = oaiIdentifier(catalogue.oaiDomain, record.doi);
  return `${catalogue.url}/oai?verb=GetRecord&metadataPrefix=oai_datacite&identifier=${encodeURIComponent(identifier)}`;
}

/** As plain text: formats of metadata alone hand on what was deposited. */
export function titleOf({ record }: Pick<Work, 'record'>): string {
  const { titles } = record.resource;
  const title = titles.find(({ titleType }) => titleType === undefined) ?? titles[0];
  return title === undefined ? record.doi : withoutMarkup(title.title);
}

export function abstractOf({ record }: Pick<Work, 'record'>): string | undefined {
  const all = record.resource.descriptions ?? [];
  const abstract = all.find(({ descriptionType }) => descriptionType === 'Abstract') ?? all[0];
  return abstract && withoutMarkup(abstract.description);
}

/** The licence: the first right with an SPDX id, else the first with an address or name. */
export function licenceOf({
  record,
}: Pick<Work, 'record'>): { name: string; id?: string; url?: string } | undefined {
  const all = (record.resource.rightsList ?? []).filter(
    ({ rightsUri }) => !rightsUri?.startsWith('info:eu-repo/'),
  );
  const best =
    all.find(({ rightsIdentifier }) => rightsIdentifier !== undefined) ??
    all.find(({ rightsUri }) => rightsUri !== undefined) ??
    all.find(({ rights }) => rights !== undefined);
  if (best === undefined) return undefined;
  const id = best.rightsIdentifier === undefined ? undefined : spdxCase(best.rightsIdentifier);
  const name = best.rights ?? id ?? best.rightsUri ?? '';
  return {
    name,
    ...(id === undefined ? {} : { id }),
    ...(best.rightsUri === undefined ? {} : { url: best.rightsUri }),
  };
}

/** A person's name in two parts; an organisation has only the first. */
export interface NameParts {
  readonly family: string;
  readonly given?: string;
  readonly organisation: boolean;
}

export function nameParts({ name, nameType, givenName, familyName }: Person): NameParts {
  if (nameType === 'Organizational') return { family: name, organisation: true };
  if (familyName !== undefined && familyName !== '')
    return { family: familyName, organisation: false, ...(givenName ? { given: givenName } : {}) };
  const comma = name.indexOf(',');
  // Only a comma says which part is which; without one the whole name stays in one piece.
  if (comma > 0)
    return { family: name.slice(0, comma).trim(), given: name.slice(comma + 1).trim(), organisation: false };
  return { family: name, organisation: nameType === undefined };
}

export function orcidOf({ nameIdentifiers }: Person): string | undefined {
  const found = nameIdentifiers?.find(({ nameIdentifierScheme }) => /^orcid$/i.test(nameIdentifierScheme));
  const [id] = /\d{4}-\d{4}-\d{4}-\d{3}[\dX]$/.exec(found?.nameIdentifier ?? '') ?? [];
  return id === undefined ? undefined : `https://orcid.org/${id}`;
}

export function rorOf(identifier: string | undefined): string | undefined {
  const [, id] =
    /^(?:https?:\/\/)?(?:ror\.org\/)?(0[a-hj-km-np-tv-z0-9]{6}\d{2})$/i.exec(identifier ?? '') ?? [];
  return id === undefined ? undefined : `https://ror.org/${id.toLowerCase()}`;
}

/** A URI that names the person or organisation, if one is known. */
export function uriOfPerson(person: Person): string | undefined {
  return (
    orcidOf(person) ??
    person.nameIdentifiers?.map(({ nameIdentifier }) => rorOf(nameIdentifier)).find(Boolean)
  );
}

/** Files in all, and their bytes; from the datasets where no file is listed. */
export function extentOf({ record }: Pick<Work, 'record'>): { files: number; bytes: number } {
  if (record.files !== undefined) return { files: record.files.count, bytes: record.files.bytes };
  return {
    files: record.datasets.reduce((sum, { files }) => sum + files, 0),
    bytes: record.datasets.reduce((sum, { size }) => sum + size, 0),
  };
}

/** The address of a related identifier, where its type has one. */
export function relatedUrl(identifier: string, type: string): string | undefined {
  if (/^https?:\/\//i.test(identifier)) return identifier;
  const bare = identifier.trim();
  switch (type) {
    case 'DOI':
      return `https://doi.org/${doiPath(bare.replace(/^doi:/i, ''))}`;
    case 'Handle':
      return `https://hdl.handle.net/${doiPath(bare.replace(/^hdl:/i, ''))}`;
    case 'arXiv':
      return `https://arxiv.org/abs/${bare.replace(/^arxiv:/i, '')}`;
    case 'PMID':
      return /^\d+$/.test(bare) ? `https://pubmed.ncbi.nlm.nih.gov/${bare}/` : undefined;
    case 'w3id':
    case 'PURL':
    case 'URL':
    default:
      return undefined;
  }
}

/** A DOI in any of the ways it is written, bare and in lower case; undefined if it is none. */
export function bareDoi(identifier: string): string | undefined {
  const [, doi] =
    /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:)?(10\.\d{4,9}\/\S+)$/i.exec(identifier.trim()) ?? [];
  return doi?.toLowerCase();
}

/** SPDX ids are stored in lower case and shown as the list writes them, as far as the usual ones go. */
function spdxCase(id: string): string {
  if (/^(cc|odc|gpl|lgpl|agpl|mit|bsd|pddl|odbl|epl|mpl)/i.test(id))
    return id
      .toUpperCase()
      .replace('CLAUSE', 'Clause')
      .replace(/^ODBL/, 'ODbL')
      .replace('-OR-LATER', '-or-later')
      .replace('-ONLY', '-only');
  return id.toLowerCase() === 'apache-2.0' ? 'Apache-2.0' : id;
}
