import {
  contributorTypes,
  dateTypes,
  descriptionTypes,
  relatedIdentifierTypes,
  relationTypes,
  resourceTypes,
} from '#datacite';

/** DataCite's `errors` of a 422. */
export interface FakeProblem {
  readonly source: string;
  readonly title: string;
}

type Fields = Record<string, unknown>;

const doiSyntax = /^10\.\d{4,5}\/[a-z0-9\-._;()/:*~$=]+$/i;

export function isAcceptableDoi(doi: string): boolean {
  return doiSyntax.test(doi);
}

/** What the schema refuses when a DOI leaves the state of a draft, or changes after that. */
export function problemsOfMetadata(attributes: Fields): FakeProblem[] {
  const found: FakeProblem[] = [];
  const refuse = (source: string, title: string): void => void found.push({ source, title });
  const lists = (name: string): Fields[] => {
    const value = attributes[name];
    return Array.isArray(value) ? (value as Fields[]) : [];
  };
  if (lists('creators').length === 0)
    refuse('creators', 'Missing child element(s). Expected is ( creator ).');
  for (const creator of lists('creators')) if (!isText(creator['name'])) refuse('creators', "can't be blank");
  if (lists('titles').length === 0) refuse('titles', 'Missing child element(s). Expected is ( title ).');
  for (const title of lists('titles')) if (!isText(title['title'])) refuse('titles', "can't be blank");
  const publisher = attributes['publisher'];
  const name =
    typeof publisher === 'object' && publisher !== null ? (publisher as Fields)['name'] : publisher;
  if (!isText(name)) refuse('publisher', "can't be blank");
  const year = Number(attributes['publicationYear']);
  if (!Number.isInteger(year) || year < 1000 || year > 9999)
    refuse('publicationYear', 'is not a year with four digits');
  const general = (attributes['types'] as Fields | undefined)?.['resourceTypeGeneral'];
  oneOf('types', general, resourceTypes, refuse);
  for (const item of lists('contributors'))
    oneOf('contributors', item['contributorType'], contributorTypes, refuse);
  for (const item of lists('dates')) oneOf('dates', item['dateType'], dateTypes, refuse);
  for (const item of lists('descriptions'))
    oneOf('descriptions', item['descriptionType'], descriptionTypes, refuse);
  for (const item of lists('relatedIdentifiers')) {
    oneOf('relatedIdentifiers', item['relatedIdentifierType'], relatedIdentifierTypes, refuse);
    oneOf('relatedIdentifiers', item['relationType'], relationTypes, refuse);
  }
  for (const item of lists('identifiers'))
    if (item['identifierType'] === 'DOI') refuse('identifiers', 'must not be of type DOI');
  for (const item of lists('rightsList'))
    if (typeof item['rights'] === 'string' && item['rights'].length > 2000)
      refuse('rightsList', 'is longer than 2000 characters');
  if (!String(attributes['schemaVersion']).endsWith('/kernel-4'))
    refuse('schemaVersion', 'Schema is no longer supported');
  if (!/^(https?|ftp):\/\//.test(String(attributes['url']))) refuse('url', "can't be blank");
  return found;
}

function oneOf(
  source: string,
  value: unknown,
  list: readonly string[],
  refuse: (source: string, title: string) => void,
): void {
  if (typeof value !== 'string' || !list.includes(value))
    refuse(source, `[facet 'enumeration'] The value '${String(value)}' is not an element of the set.`);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
