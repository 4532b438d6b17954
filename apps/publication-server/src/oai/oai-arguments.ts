import { boundFrom } from './oai-dates.js';
import { isSetSpec } from '../persistence/record-sets.js';

/** What is wrong with a request, in the words of the protocol. */
export interface Fault {
  readonly code:
    | 'badArgument'
    | 'badResumptionToken'
    | 'badVerb'
    | 'cannotDisseminateFormat'
    | 'idDoesNotExist'
    | 'noRecordsMatch';
  readonly text: string;
}

type ArgumentName = 'identifier' | 'metadataPrefix' | 'from' | 'until' | 'set' | 'resumptionToken';
export type OaiArguments = Readonly<Partial<Record<ArgumentName, string>>>;

interface Rule {
  readonly required: readonly ArgumentName[];
  readonly optional: readonly ArgumentName[];
  /** Takes a token instead of everything else. */
  readonly split?: boolean;
}

const list: Rule = { required: ['metadataPrefix'], optional: ['from', 'until', 'set'], split: true };
const rules = {
  Identify: { required: [], optional: [] },
  ListMetadataFormats: { required: [], optional: ['identifier'] },
  ListSets: { required: [], optional: [], split: true },
  ListIdentifiers: list,
  ListRecords: list,
  GetRecord: { required: ['identifier', 'metadataPrefix'], optional: [] },
} as const satisfies Readonly<Record<string, Rule>>;

export type Verb = keyof typeof rules;

export interface OaiRequest {
  readonly verb: Verb;
  readonly given: OaiArguments;
}

/** Reads the arguments of a request, each decoded once. */
export function oaiRequestFrom(
  pairs: readonly (readonly [string, string])[],
): { readonly request: OaiRequest } | { readonly faults: readonly Fault[] } {
  const verbs = pairs.filter(([name]) => name === 'verb').map(([, value]) => value);
  const [verb = ''] = verbs;
  if (verbs.length !== 1 || !isVerb(verb)) return { faults: [{ code: 'badVerb', text: aboutVerb(verbs) }] };
  const faults: Fault[] = [];
  const bad = (text: string): number => faults.push({ code: 'badArgument', text });
  const given: Partial<Record<ArgumentName, string>> = {};
  const rule: Rule = rules[verb];
  const allowed: readonly string[] = [
    ...rule.required,
    ...rule.optional,
    ...(rule.split === true ? ['resumptionToken'] : []),
  ];
  for (const [name, value] of pairs.filter(([one]) => one !== 'verb')) {
    if (!allowed.includes(name)) bad(`${verb} takes no argument ${shown(name)}.`);
    else if (given[name as ArgumentName] !== undefined) bad(`The argument ${name} is there more than once.`);
    else given[name as ArgumentName] = value;
  }
  if (given.resumptionToken !== undefined) {
    if (Object.keys(given).length > 1) bad('A resumptionToken stands alone.');
  } else
    for (const name of rule.required) if (given[name] === undefined) bad(`The argument ${name} is missing.`);
  for (const text of wrongValues(given)) bad(text);
  return faults.length === 0 ? { request: { verb, given } } : { faults };
}

function wrongValues({ identifier, metadataPrefix, from, until, set }: OaiArguments): string[] {
  const wrong: string[] = [];
  if (identifier === '') wrong.push('The identifier is empty.');
  if (metadataPrefix !== undefined && !/^[A-Za-z0-9\-_.!~*'()]{1,100}$/.test(metadataPrefix))
    wrong.push(`A metadataPrefix is not written like ${shown(metadataPrefix)}.`);
  if (set !== undefined && !isSetSpec(set)) wrong.push(`A set is not written like ${shown(set)}.`);
  const [start, end] = [from, until].map((text) => (text === undefined ? undefined : boundFrom(text)));
  for (const [name, text, bound] of [
    ['from', from, start],
    ['until', until, end],
  ] as const)
    if (text !== undefined && bound === undefined)
      wrong.push(`Expected ${name} to be a day or second (UTC) that exists, found ${shown(text)}.`);
  if (start !== undefined && end !== undefined) {
    if (start.granularity !== end.granularity) wrong.push('from and until differ in granularity.');
    else if (start.start > end.start) wrong.push('from is later than until.');
  }
  return wrong;
}

function isVerb(text: string): text is Verb {
  return Object.hasOwn(rules, text);
}

function aboutVerb(verbs: readonly string[]): string {
  if (verbs.length === 0) return `Expected a verb: ${Object.keys(rules).join(', ')}.`;
  if (verbs.length > 1) return 'The verb is there more than once.';
  return `${shown(verbs[0] ?? '')} is no verb of OAI-PMH.`;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
