import assert from 'node:assert/strict';
import { allNamed, parsedXml, type ParsedElement } from '#datacite/testing';
import type { PublicSite } from './public-site.js';

/** Children of an answer's parts in the order of OAI-PMH.xsd. */
const order: Readonly<Record<string, readonly string[]>> = {
  'OAI-PMH': ['responseDate', 'request'],
  Identify: [
    ...['repositoryName', 'baseURL', 'protocolVersion', 'adminEmail', 'earliestDatestamp', 'deletedRecord'],
    ...['granularity', 'compression', 'description'],
  ],
  metadataFormat: ['metadataPrefix', 'schema', 'metadataNamespace'],
  set: ['setSpec', 'setName'],
  record: ['header', 'metadata'],
  header: ['identifier', 'datestamp', 'setSpec'],
  ListRecords: ['record', 'resumptionToken'],
  ListIdentifiers: ['header', 'resumptionToken'],
  ListSets: ['set', 'resumptionToken'],
  GetRecord: ['record'],
};

export interface OaiPage {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly root: ParsedElement;
  /** Codes of the errors. */
  readonly errors: readonly string[];
}

export interface Harvested {
  readonly identifier: string;
  readonly datestamp: string;
  readonly sets: readonly string[];
  readonly deleted: boolean;
  readonly metadata?: ParsedElement;
}

export type Arguments = Readonly<Record<string, string>> | readonly (readonly [string, string])[] | string;

/** A harvester that believes nothing: every answer is parsed and compared with the order of the schema. */
export class OaiClient {
  constructor(private readonly site: PublicSite) {}

  async get(given: Arguments, headers: Record<string, string> = {}): Promise<OaiPage> {
    const query = typeof given === 'string' ? given : encoded(given);
    return this.read(await this.site.fetch(`/oai${query === '' ? '' : `?${query}`}`, { headers }));
  }

  async post(given: Arguments): Promise<OaiPage> {
    const body = typeof given === 'string' ? given : encoded(given);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.read(await this.site.fetch('/oai', { method: 'POST', headers, body }));
  }

  /** Follows the tokens of a list to its end. */
  async all(given: Readonly<Record<string, string>>): Promise<Harvested[]> {
    const found: Harvested[] = [];
    for await (const page of this.pages(given)) found.push(...harvestedIn(page));
    return found;
  }

  /** The pages of a list, one after the other. */
  async *pages(given: Readonly<Record<string, string>>): AsyncGenerator<OaiPage> {
    let asked = given;
    for (;;) {
      const page = await this.get(asked);
      yield page;
      const token = tokenIn(page);
      if (token === undefined || token === '') return;
      asked = { verb: given['verb'] ?? '', resumptionToken: token };
    }
  }

  private async read(response: Response): Promise<OaiPage> {
    const text = await response.text();
    assert.equal(response.status, 200, text.slice(0, 300));
    assert.match(response.headers.get('content-type') ?? '', /^text\/xml; ?charset=utf-8$/i);
    assert.match(text, /^<\?xml version="1\.0" encoding="UTF-8"\?>/);
    assert.doesNotMatch(text, /<!DOCTYPE|<!ENTITY/i);
    const root = parsedXml(text);
    assert.equal(root.name, 'OAI-PMH');
    assert.equal(root.attributes['xmlns'], 'http://www.openarchives.org/OAI/2.0/');
    inOrder(root);
    const errors = allNamed(root, 'error').map(({ attributes }) => attributes['code'] ?? '');
    return { status: response.status, headers: response.headers, text, root, errors };
  }
}

export function tokenIn({ root }: OaiPage): string | undefined {
  return allNamed(root, 'resumptionToken')[0]?.text;
}

export function harvestedIn({ root }: OaiPage): Harvested[] {
  const records = allNamed(root, 'record');
  const found =
    records.length > 0 ? records : allNamed(root, 'header').map((header) => ({ children: [header] }));
  return found.map(({ children }) => {
    const header = children.find(({ name }) => name === 'header')!;
    const texts = (name: string): string[] => allNamed(header, name).map(({ text }) => text);
    const metadata = children.find(({ name }) => name === 'metadata');
    assert.ok(metadata === undefined || metadata.children.length === 1);
    return {
      identifier: texts('identifier')[0] ?? '',
      datestamp: texts('datestamp')[0] ?? '',
      sets: texts('setSpec'),
      deleted: header.attributes['status'] === 'deleted',
      ...(metadata === undefined ? {} : { metadata: metadata.children[0]! }),
    };
  });
}

function encoded(given: Exclude<Arguments, string>): string {
  const pairs: readonly (readonly [string, string])[] = Array.isArray(given) ? given : Object.entries(given);
  return pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
}

function inOrder(element: ParsedElement): void {
  const wanted = order[element.name];
  if (wanted !== undefined) {
    const places = element.children.map(({ name }) => wanted.indexOf(name));
    const known = element.name === 'OAI-PMH' ? places.slice(0, 2) : places;
    assert.ok(!known.includes(-1), `${element.name} has ${element.children.map(({ name }) => name).join()}`);
    assert.deepEqual(
      known,
      [...known].sort((a, b) => a - b),
      element.name,
    );
    assert.ok(element.children.length > 0, `${element.name} is empty`);
  }
  if (element.name !== 'metadata' && element.name !== 'description') element.children.forEach(inOrder);
}
