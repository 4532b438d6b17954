import type { Affiliation, Contributor, NameIdentifier, Person, Publisher } from './resource.js';
import { orcidOf, rorOf, uriOf } from './syntax.js';
import { fieldsIn, given, itemsIn, oneOf, textIn } from './untrusted.js';
import { contributorTypes, nameTypes } from './vocabularies.js';

/** Words that people do not have in their names. */
const organisation =
  /(?:\b(?:institute?s?|universit\w*|university|laborator\w*|labs?|collaboration|team|group|consortium|facility|department|centre|center|academy|school|college|foundation|hochschule|gmbh|ltd|inc|ag|eth|epfl|psi|cern|desy|council|society|network|project)\b|institut|universit)/i;

/** One person or organisation of a record; undefined when it has no name. */
export function personIn(value: unknown): Person | undefined {
  const fields = typeof value === 'string' ? { name: value } : fieldsIn(value);
  const parts = { givenName: textIn(fields['givenName']), familyName: textIn(fields['familyName']) };
  const joined = [parts.familyName, parts.givenName].filter((part) => part !== undefined).join(', ');
  const name = textIn(fields['name']) ?? joined;
  if (name === '') return undefined;
  const identifiers = nameIdentifiersIn(fields);
  const affiliation = affiliationsIn(fields['affiliation'] ?? fields['affiliations']);
  const nameType = oneOf(nameTypes, fields['nameType']) ?? guessedType(name, joined, identifiers);
  const [, family, first] =
    nameType === 'Personal' && joined === '' ? (/^([^,]+),\s*(\S.*)$/s.exec(name) ?? []) : [];
  return given({
    name: nameType === 'Personal' && joined.includes(', ') ? joined : name,
    nameType,
    givenName: parts.givenName ?? first?.trim(),
    familyName: parts.familyName ?? family?.trim(),
    nameIdentifiers: identifiers.length === 0 ? undefined : identifiers,
    affiliation: affiliation.length === 0 ? undefined : affiliation,
  });
}

/** A contributor; who has no role that DataCite knows is `Other`. */
export function contributorIn(value: unknown): Contributor | undefined {
  const person = personIn(value);
  if (person === undefined) return undefined;
  return {
    ...person,
    contributorType: oneOf(contributorTypes, fieldsIn(value)['contributorType']) ?? 'Other',
  };
}

/** The publisher of a record; the facility's own identifier is used where its name is the same. */
export function publisherIn(value: unknown, standard: Publisher): Publisher {
  const fields = typeof value === 'string' ? { name: value } : fieldsIn(value);
  const name = textIn(fields['name']);
  if (name === undefined || name === standard.name) return standard;
  const identifier = textIn(fields['publisherIdentifier']);
  const ror = identifier === undefined ? undefined : rorOf(identifier);
  return given({
    name,
    publisherIdentifier: ror ?? identifier,
    publisherIdentifierScheme: ror === undefined ? textIn(fields['publisherIdentifierScheme']) : 'ROR',
    schemeUri:
      ror === undefined ? uriOf(textIn(fields['schemeUri'] ?? fields['schemeURI'])) : 'https://ror.org',
  });
}

function guessedType(
  name: string,
  joined: string,
  identifiers: readonly NameIdentifier[],
): Person['nameType'] | undefined {
  if (joined !== '' || identifiers.some(({ nameIdentifierScheme }) => nameIdentifierScheme === 'ORCID'))
    return 'Personal';
  if (
    identifiers.some(({ nameIdentifierScheme }) => nameIdentifierScheme === 'ROR') ||
    organisation.test(name)
  )
    return 'Organizational';
  return name.includes(',') ? 'Personal' : undefined;
}

function nameIdentifiersIn(fields: Readonly<Record<string, unknown>>): NameIdentifier[] {
  const listed = itemsIn(fields['nameIdentifiers']).map((value) =>
    typeof value === 'string' ? { nameIdentifier: value } : fieldsIn(value),
  );
  const alone = textIn(fields['orcid']) ?? textIn(fields['ORCID']);
  if (alone !== undefined) listed.push({ nameIdentifier: alone, nameIdentifierScheme: 'ORCID' });
  const found = new Map<string, NameIdentifier>();
  for (const one of listed.map(nameIdentifierIn))
    if (one !== undefined && !found.has(one.nameIdentifier)) found.set(one.nameIdentifier, one);
  return [...found.values()];
}

function nameIdentifierIn(fields: Readonly<Record<string, unknown>>): NameIdentifier | undefined {
  const id = textIn(fields['nameIdentifier']);
  if (id === undefined) return undefined;
  const scheme = textIn(fields['nameIdentifierScheme']);
  const named = scheme?.toUpperCase();
  const orcid = named === undefined || named === 'ORCID' || /orcid\.org/i.test(id) ? orcidOf(id) : undefined;
  if (orcid !== undefined)
    return { nameIdentifier: orcid, nameIdentifierScheme: 'ORCID', schemeUri: 'https://orcid.org' };
  const ror = named === undefined || named === 'ROR' || /ror\.org/i.test(id) ? rorOf(id) : undefined;
  if (ror !== undefined)
    return { nameIdentifier: ror, nameIdentifierScheme: 'ROR', schemeUri: 'https://ror.org' };
  // A wrong ORCID iD would point at another person.
  if (scheme === undefined || named === 'ORCID' || named === 'ROR') return undefined;
  return given({
    nameIdentifier: id,
    nameIdentifierScheme: scheme,
    schemeUri: uriOf(textIn(fields['schemeUri'] ?? fields['schemeURI'])),
  });
}

function affiliationsIn(value: unknown): Affiliation[] {
  const found = itemsIn(value).map((item): Affiliation | undefined => {
    const fields = typeof item === 'string' ? { name: item } : fieldsIn(item);
    const name = textIn(fields['name']) ?? textIn(fields['affiliation']);
    if (name === undefined) return undefined;
    const identifier = textIn(fields['affiliationIdentifier']);
    if (identifier === undefined) return { name };
    const ror = rorOf(identifier);
    if (ror !== undefined)
      return {
        name,
        affiliationIdentifier: ror,
        affiliationIdentifierScheme: 'ROR',
        schemeUri: 'https://ror.org',
      };
    const scheme = textIn(fields['affiliationIdentifierScheme']);
    if (scheme === undefined || scheme.toUpperCase() === 'ROR') return { name };
    return given({
      name,
      affiliationIdentifier: identifier,
      affiliationIdentifierScheme: scheme,
      schemeUri: uriOf(textIn(fields['schemeUri'] ?? fields['schemeURI'])),
    });
  });
  return found.filter((one) => one !== undefined);
}
