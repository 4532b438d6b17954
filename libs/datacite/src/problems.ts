import { isDoi } from './doi.js';
import { isDateOrRange, isLanguage, orcidOf, rorOf, uriOf } from './syntax.js';
import {
  contributorTypes,
  dateTypes,
  descriptionTypes,
  funderIdentifierTypes,
  nameTypes,
  relatedIdentifierTypes,
  relationTypes,
  resourceTypes,
  titleTypes,
} from './vocabularies.js';

/** What DataCite would refuse. */
export interface Problem {
  /** For example `creators[0].name`, in the property names of the resource. */
  readonly field: string;
  /** A sentence for the author. */
  readonly reason: string;
}

/** Characters of a rights statement. */
const longestRights = 2000;
/** Characters of any other text: what one column of DataCite's database holds. */
const longestText = 65_535;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Everything that kernel 4.6 would refuse in a resource, so that it is refused before anything becomes public. Takes
 * a value of any shape, never throws, and is empty for a good resource.
 */
export function problemsOf(resource: unknown): Problem[] {
  if (!isObject(resource)) return [{ field: '', reason: 'Expected an object.' }];
  const check = new Check();
  check.that(isDoi(textOr(resource['doi'])), 'doi', 'Expected a DOI such as 10.5072/abc-123.');
  check.people(resource, 'creators');
  check.needsSome(resource, 'creators');
  check.needsSome(resource, 'titles');
  check.each(resource, 'titles', (title, at) => {
    check.text(title, 'title', at);
    check.listed(title, 'titleType', titleTypes, at, true);
    check.language(title, 'lang', at);
  });
  const publisher = isObject(resource['publisher']) ? resource['publisher'] : {};
  check.text(publisher, 'name', 'publisher.');
  check.uri(publisher, 'schemeUri', 'publisher.');
  check.language(publisher, 'lang', 'publisher.');
  const year = resource['publicationYear'];
  check.that(
    typeof year === 'number' && Number.isInteger(year) && year >= 1000 && year <= 9999,
    'publicationYear',
    'Expected a year of four digits.',
  );
  const types = isObject(resource['types']) ? resource['types'] : {};
  check.listed(types, 'resourceTypeGeneral', resourceTypes, 'types.');
  check.optionalText(types, 'resourceType', 'types.');
  check.each(resource, 'subjects', (subject, at) => {
    check.text(subject, 'subject', at);
    check.uri(subject, 'schemeUri', at);
    check.uri(subject, 'valueUri', at);
    check.language(subject, 'lang', at);
  });
  check.people(resource, 'contributors');
  check.each(resource, 'contributors', (person, at) =>
    check.listed(person, 'contributorType', contributorTypes, at),
  );
  check.each(resource, 'dates', (date, at) => {
    const good = isDateOrRange(textOr(date['date']));
    check.that(good, `${at}date`, 'Expected a date such as 2026-02-03, or a range 2026-02-03/2026-02-05.');
    check.listed(date, 'dateType', dateTypes, at);
  });
  check.language(resource, 'language', '');
  check.each(resource, 'alternateIdentifiers', (one, at) => {
    check.text(one, 'alternateIdentifier', at);
    check.text(one, 'alternateIdentifierType', at);
  });
  check.each(resource, 'relatedIdentifiers', (one, at) => check.related(one, at));
  check.texts(resource, 'sizes');
  check.texts(resource, 'formats');
  check.optionalText(resource, 'version', '');
  check.each(resource, 'rightsList', (rights, at) => {
    check.optionalText(rights, 'rights', at, longestRights);
    check.uri(rights, 'rightsUri', at);
    check.uri(rights, 'schemeUri', at);
    check.language(rights, 'lang', at);
    const some = ['rights', 'rightsUri', 'rightsIdentifier'].some((name) => textOr(rights[name]) !== '');
    check.that(some, `${at}rights`, 'Expected a text, an address or an identifier of the licence.');
  });
  check.each(resource, 'descriptions', (one, at) => {
    check.text(one, 'description', at);
    check.listed(one, 'descriptionType', descriptionTypes, at);
    check.language(one, 'lang', at);
  });
  check.each(resource, 'geoLocations', (place, at) => check.place(place, at));
  check.each(resource, 'fundingReferences', (one, at) => {
    check.text(one, 'funderName', at);
    if (one['funderIdentifier'] !== undefined)
      check.listed(one, 'funderIdentifierType', funderIdentifierTypes, at);
    check.uri(one, 'awardUri', at);
    for (const name of ['funderIdentifier', 'awardNumber', 'awardTitle']) check.optionalText(one, name, at);
  });
  return check.problems;
}

class Check {
  readonly problems: Problem[] = [];

  that(good: boolean, field: string, reason: string): void {
    if (!good) this.problems.push({ field, reason });
  }

  needsSome(owner: Fields, name: string): void {
    const value = owner[name];
    const none = value === undefined || (Array.isArray(value) && value.length === 0);
    this.that(!none, name, 'Expected at least one.');
  }

  each(owner: Fields, name: string, check: (item: Fields, at: string) => void): void {
    const value = owner[name];
    if (value === undefined) return;
    if (!Array.isArray(value)) return this.that(false, name, 'Expected a list.');
    value.forEach((item: unknown, index) => {
      if (isObject(item)) check(item, `${name}[${index}].`);
      else this.that(false, `${name}[${index}]`, 'Expected an object.');
    });
  }

  texts(owner: Fields, name: string): void {
    const value = owner[name];
    if (value === undefined) return;
    if (!Array.isArray(value)) return this.that(false, name, 'Expected a list.');
    value.forEach((item: unknown, index) =>
      this.that(textOr(item).trim() !== '', `${name}[${index}]`, 'Expected a text that is not empty.'),
    );
  }

  text(owner: Fields, name: string, at: string): void {
    if (textOr(owner[name]).trim() === '')
      this.that(false, `${at}${name}`, 'Expected a text that is not empty.');
    else this.optionalText(owner, name, at);
  }

  optionalText(owner: Fields, name: string, at: string, longest = longestText): void {
    const value = owner[name];
    if (value === undefined) return;
    this.that(typeof value === 'string', `${at}${name}`, 'Expected a text.');
    this.that(
      textOr(value).length <= longest,
      `${at}${name}`,
      `Expected at most ${longest} characters, found ${textOr(value).length}.`,
    );
  }

  listed(owner: Fields, name: string, values: readonly string[], at: string, optional = false): void {
    const value = owner[name];
    if (optional && value === undefined) return;
    this.that(
      values.includes(textOr(value)),
      `${at}${name}`,
      `Expected one of ${values.join(', ')}; capital letters count.`,
    );
  }

  language(owner: Fields, name: string, at: string): void {
    if (owner[name] === undefined) return;
    this.that(
      isLanguage(textOr(owner[name])),
      `${at}${name}`,
      'Expected a language tag such as en or de-CH.',
    );
  }

  uri(owner: Fields, name: string, at: string): void {
    if (owner[name] === undefined) return;
    const good = uriOf(textOr(owner[name])) !== undefined;
    this.that(good, `${at}${name}`, 'Expected an address such as https://example.org/x.');
  }

  people(resource: Fields, name: string): void {
    this.each(resource, name, (person, at) => {
      this.text(person, 'name', at);
      this.listed(person, 'nameType', nameTypes, at, true);
      this.optionalText(person, 'givenName', at);
      this.optionalText(person, 'familyName', at);
      this.each(person, 'nameIdentifiers', (one, inner) => {
        this.text(one, 'nameIdentifier', at + inner);
        this.text(one, 'nameIdentifierScheme', at + inner);
        this.uri(one, 'schemeUri', at + inner);
        const id = textOr(one['nameIdentifier']);
        if (one['nameIdentifierScheme'] === 'ORCID')
          this.that(
            orcidOf(id) !== undefined,
            `${at}${inner}nameIdentifier`,
            'Expected an ORCID iD whose check digit is right.',
          );
        if (one['nameIdentifierScheme'] === 'ROR')
          this.that(rorOf(id) !== undefined, `${at}${inner}nameIdentifier`, 'Expected a ROR id.');
      });
      this.each(person, 'affiliation', (one, inner) => {
        this.text(one, 'name', at + inner);
        this.uri(one, 'schemeUri', at + inner);
      });
    });
  }

  related(one: Fields, at: string): void {
    this.text(one, 'relatedIdentifier', at);
    this.listed(one, 'relatedIdentifierType', relatedIdentifierTypes, at);
    this.listed(one, 'relationType', relationTypes, at);
    this.listed(one, 'resourceTypeGeneral', resourceTypes, at, true);
    const id = textOr(one['relatedIdentifier']);
    if (one['relatedIdentifierType'] === 'DOI')
      this.that(
        /^10\.\d{4,9}(\.\d+)*\/\S+$/.test(id),
        `${at}relatedIdentifier`,
        'Expected a DOI without resolver.',
      );
    if (one['relatedIdentifierType'] === 'URL')
      this.that(
        uriOf(id) !== undefined,
        `${at}relatedIdentifier`,
        'Expected an address such as https://example.org/x.',
      );
  }

  place(place: Fields, at: string): void {
    const { geoLocationPlace, geoLocationPoint, geoLocationBox } = place;
    const some = [geoLocationPlace, geoLocationPoint, geoLocationBox].some((value) => value !== undefined);
    this.that(some, at.slice(0, -1), 'Expected a name, a point or a box.');
    this.optionalText(place, 'geoLocationPlace', at);
    this.coordinates(geoLocationPoint, `${at}geoLocationPoint`, ['pointLongitude'], ['pointLatitude']);
    this.coordinates(
      geoLocationBox,
      `${at}geoLocationBox`,
      ['westBoundLongitude', 'eastBoundLongitude'],
      ['southBoundLatitude', 'northBoundLatitude'],
    );
  }

  private coordinates(value: unknown, at: string, longitudes: string[], latitudes: string[]): void {
    if (value === undefined) return;
    if (!isObject(value)) return this.that(false, at, 'Expected an object.');
    for (const [names, most] of [
      [longitudes, 180],
      [latitudes, 90],
    ] as const)
      for (const name of names) {
        const degrees = value[name];
        this.that(
          typeof degrees === 'number' && Math.abs(degrees) <= most,
          `${at}.${name}`,
          `Expected degrees from -${most} to ${most}.`,
        );
      }
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
