import { Inject, Injectable } from '@nestjs/common';
import { xmlText } from '#datacite';
import { Clock } from '#kernel';
import { PublicStore } from '../persistence/public-store.js';
import { noteRecords } from '../counters/server-counters.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';
import { harvest } from './harvest.js';
import { oaiRequestFrom, type Fault, type OaiRequest } from './oai-arguments.js';
import { OaiCensus } from './oai-census.js';
import { boundFrom, utcSecond } from './oai-dates.js';
import {
  closing,
  errorXml,
  headerXml,
  opening,
  recordXml,
  resumptionXml,
  type HarvestedRecord,
} from './oai-envelope.js';
import { formatNamed, metadataFormats, type MetadataFormat } from './oai-formats.js';
import { doiInIdentifier, isRepositoryIdentifier, oaiIdentifier } from './oai-identifier.js';
import { conditionOf, nameOfSet } from '../persistence/record-sets.js';
import { ResumptionTokens, type Position } from './resumption-token.js';

/** Sets of one answer. */
const setsOfPage = 1000;
/** Lists up to this length are counted for `completeListSize`. */
const maxCounted = 10_000;
/** Characters that are sent at once. */
const chunk = 32_768;
/** When there is no record yet. */
const beginning = new Date('2000-01-01T00:00:00Z');

const headerFields = { datestamp: 1, sets: 1, state: 1 } as const;

/** An answer on its way: who does not read it to its end closes it. */
export interface OaiAnswer {
  readonly chunks: AsyncIterable<string> | Iterable<string>;
  close(): Promise<void>;
}

/** A list that was asked for, or the rest of it. */
interface Listing {
  readonly request: OaiRequest;
  readonly format: MetadataFormat;
  readonly position: Position;
  readonly now: Date;
}

/** Answers the six verbs of OAI-PMH 2.0 from the public store. */
@Injectable()
export class OaiService {
  private readonly tokens: ResumptionTokens;
  private readonly baseUrl: string;

  constructor(
    private readonly store: PublicStore,
    private readonly census: OaiCensus,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublicationServerConfig,
  ) {
    this.tokens = new ResumptionTokens(config.secret, config.oai.tokenLifetime);
    this.baseUrl = `${config.publicUrl}/oai`;
  }

  /** @param pairs the arguments in any order, decoded once */
  async answer(pairs: readonly (readonly [string, string])[]): Promise<OaiAnswer> {
    // Before anything is read: who harvests from this moment on next time misses nothing.
    const now = this.clock.now();
    const read = oaiRequestFrom(pairs);
    if ('faults' in read)
      return whole(opening(this.baseUrl, now) + read.faults.map(errorXml).join('') + closing);
    const { request } = read;
    switch (request.verb) {
      case 'Identify':
        return this.whole(request, now, await this.identify());
      case 'ListMetadataFormats':
        return this.whole(request, now, await this.listFormats(request));
      case 'ListSets':
        return this.whole(request, now, await this.listSets(request, now));
      case 'GetRecord':
        return this.whole(request, now, await this.getRecord(request));
      case 'ListIdentifiers':
      case 'ListRecords':
        return this.list(request, now);
    }
  }

  private async identify(): Promise<string> {
    const { repositoryName, adminEmail, domain } = this.config.oai;
    const earliest = (await this.census.earliest()) ?? beginning;
    const some = await this.store.records.findOne({}, { projection: { _id: 1 } });
    const sample = oaiIdentifier(domain, some?._id ?? '10.5072/example');
    const namespace = 'http://www.openarchives.org/OAI/2.0/oai-identifier';
    return (
      `<Identify><repositoryName>${xmlText(repositoryName)}</repositoryName><baseURL>${xmlText(this.baseUrl)}</baseURL>` +
      `<protocolVersion>2.0</protocolVersion><adminEmail>${xmlText(adminEmail)}</adminEmail>` +
      `<earliestDatestamp>${utcSecond(earliest)}</earliestDatestamp><deletedRecord>persistent</deletedRecord>` +
      '<granularity>YYYY-MM-DDThh:mm:ssZ</granularity><compression>gzip</compression><compression>deflate</compression>' +
      (isRepositoryIdentifier(domain)
        ? `<description><oai-identifier xmlns="${namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
          `xsi:schemaLocation="${namespace} http://www.openarchives.org/OAI/2.0/oai-identifier.xsd"><scheme>oai</scheme>` +
          `<repositoryIdentifier>${domain}</repositoryIdentifier><delimiter>:</delimiter>` +
          `<sampleIdentifier>${xmlText(sample)}</sampleIdentifier></oai-identifier></description>`
        : '') +
      '</Identify>'
    );
  }

  private async listFormats({ given: { identifier } }: OaiRequest): Promise<string | Fault> {
    if (identifier !== undefined && (await this.find(identifier, {})) === null) return unknown(identifier);
    const formats = metadataFormats.map(
      ({ prefix, schema, namespace }) =>
        `<metadataFormat><metadataPrefix>${prefix}</metadataPrefix><schema>${schema}</schema>` +
        `<metadataNamespace>${namespace}</metadataNamespace></metadataFormat>`,
    );
    return `<ListMetadataFormats>${formats.join('')}</ListMetadataFormats>`;
  }

  private async listSets({ given: { resumptionToken } }: OaiRequest, now: Date): Promise<string | Fault> {
    const position = resumptionToken === undefined ? undefined : this.tokens.read(resumptionToken, now);
    if (resumptionToken !== undefined && position?.verb !== 'ListSets') return badToken;
    const all = await this.census.allSets();
    const rest = position === undefined ? all : all.filter((set) => set > position.id);
    const page = rest.slice(0, setsOfPage);
    const cursor = position?.cursor ?? 0;
    const sets = page.map(
      (set) => `<set><setSpec>${xmlText(set)}</setSpec><setName>${xmlText(nameOfSet(set))}</setName></set>`,
    );
    if (sets.length === 0) return badToken;
    const next: Position = {
      verb: 'ListSets',
      prefix: '',
      datestamp: 0,
      id: page.at(-1) ?? '',
      cursor: cursor + page.length,
    };
    return `<ListSets>${sets.join('')}${this.resumption(next, cursor, rest.length > page.length, now)}</ListSets>`;
  }

  private async getRecord({ given }: OaiRequest): Promise<string | Fault> {
    const { identifier = '', metadataPrefix = '' } = given;
    const format = formatNamed(metadataPrefix);
    const record = await this.find(
      identifier,
      format === undefined ? headerFields : { ...headerFields, [`renderings.${format.rendering}`]: 1 },
    );
    if (record === null) return unknown(identifier);
    if (format === undefined) return unknownFormat(metadataPrefix);
    const { domain, repositoryName } = this.config.oai;
    noteRecords();
    return `<GetRecord>${recordXml(domain, repositoryName, format, record)}</GetRecord>`;
  }

  private async list(request: OaiRequest, now: Date): Promise<OaiAnswer> {
    const listing = this.listingOf(request, now);
    if ('code' in listing) return this.whole(request, now, listing);
    const { position, format } = listing;
    const { from, until, set } = position;
    const asked = from === undefined ? undefined : boundFrom(from)?.start;
    const earliest = (await this.census.earliest()) ?? beginning;
    const before = until === undefined ? undefined : boundFrom(until)?.end;
    const rows = harvest(
      this.store.records,
      {
        condition: conditionOf(set),
        from: asked === undefined || asked < earliest ? earliest : asked,
        ...(before === undefined ? {} : { before }),
        ...(position.id === ''
          ? {}
          : { after: { datestamp: new Date(position.datestamp * 1000), id: position.id } }),
        width: (position.pace ?? 1) * 1000,
      },
      request.verb === 'ListRecords'
        ? { ...headerFields, [`renderings.${format.rendering}`]: 1 }
        : headerFields,
      this.config.oai.pageSize + 1,
      now,
    );
    const first = await rows.next();
    if (first.done === true)
      return this.whole(request, now, { code: 'noRecordsMatch', text: 'No record matches.' });
    return {
      chunks: this.page(listing, first.value, rows),
      close: async () => void (await rows.return()),
    };
  }

  /** What to list, of the arguments or of a token. */
  private listingOf(request: OaiRequest, now: Date): Listing | Fault {
    const { resumptionToken, metadataPrefix = '', from, until, set } = request.given;
    const start = { from, until, set, datestamp: 0, id: '', cursor: 0 };
    const position =
      resumptionToken === undefined
        ? { ...start, verb: request.verb as Position['verb'], prefix: metadataPrefix }
        : this.tokens.read(resumptionToken, now);
    if (position === undefined || position.verb !== request.verb) return badToken;
    const format = formatNamed(position.prefix);
    if (format === undefined) return resumptionToken === undefined ? unknownFormat(metadataPrefix) : badToken;
    return { request, format, position, now };
  }

  /** One page, while it is read; one record more than its size tells whether another one follows. */
  private async *page(
    { request, format, position, now }: Listing,
    first: HarvestedRecord,
    rows: AsyncGenerator<HarvestedRecord, void, undefined>,
  ): AsyncGenerator<string, void, undefined> {
    const { domain, repositoryName, pageSize } = this.config.oai;
    let text = `${opening(this.baseUrl, now, request)}<${request.verb}>`;
    let [last, sent, more] = [first, 0, false];
    for (let record: HarvestedRecord | undefined = first; record !== undefined;) {
      if (sent === pageSize) {
        more = true;
        break;
      }
      text +=
        request.verb === 'ListRecords'
          ? recordXml(domain, repositoryName, format, record)
          : headerXml(domain, record);
      [last, sent] = [record, sent + 1];
      if (text.length > chunk) {
        yield text;
        text = '';
      }
      const next: IteratorResult<HarvestedRecord, void> = await rows.next();
      record = next.done === true ? undefined : next.value;
    }
    await rows.return();
    noteRecords({}, sent);
    const size = position.size ?? (more && position.cursor === 0 ? await this.sizeOf(position) : undefined);
    const next: Position = {
      ...position,
      datestamp: last.datestamp.getTime() / 1000,
      id: last._id,
      cursor: position.cursor + sent,
      ...(size === undefined ? {} : { size }),
      pace: Math.ceil(((last.datestamp.getTime() - first.datestamp.getTime()) / 1000) * 1.2) + 1,
    };
    yield `${text}${this.resumption(next, position.cursor, more, now)}</${request.verb}>${closing}`;
  }

  /** Exact, or unknown: counting a million records for an attribute nobody needs would be a waste. */
  private async sizeOf({ from, until, set }: Position): Promise<number | undefined> {
    const [start, end] = [boundFrom(from ?? '')?.start, boundFrom(until ?? '')?.end];
    const range = { ...(start && { $gte: start }), ...(end && { $lt: end }) };
    const filter = { ...conditionOf(set), ...((start ?? end) ? { datestamp: range } : {}) };
    const count = await this.store.records.countDocuments(filter, { limit: maxCounted + 1 });
    return count > maxCounted ? undefined : count;
  }

  private resumption(next: Position, cursor: number, more: boolean, now: Date): string {
    const size = next.size === undefined ? {} : { size: next.size };
    if (!more) return cursor === 0 ? '' : resumptionXml('', { cursor, ...size });
    const { token, expires } = this.tokens.make(next, now);
    return resumptionXml(token, { cursor, expires, ...size });
  }

  private async find(
    identifier: string,
    projection: Readonly<Record<string, 1>>,
  ): Promise<HarvestedRecord | null> {
    const doi = doiInIdentifier(this.config.oai.domain, identifier);
    if (doi === undefined) return null;
    return this.store.records.findOne<HarvestedRecord>(
      { _id: doi },
      { projection: { _id: 1, ...projection } },
    );
  }

  private whole(request: OaiRequest, now: Date, content: string | Fault): OaiAnswer {
    const body = typeof content === 'string' ? content : errorXml(content);
    return whole(opening(this.baseUrl, now, request) + body + closing);
  }
}

const badToken: Fault = {
  code: 'badResumptionToken',
  text: 'The token was not made here for this verb, or it has expired: start again.',
};

function unknown(identifier: string): Fault {
  const shown = identifier.length > 200 ? `${identifier.slice(0, 200)}…` : identifier;
  return { code: 'idDoesNotExist', text: `There is no ${shown} here.` };
}

function unknownFormat(prefix: string): Fault {
  const known = metadataFormats.map((format) => format.prefix).join(', ');
  return { code: 'cannotDisseminateFormat', text: `There is no format ${prefix} here, but ${known}.` };
}

function whole(text: string): OaiAnswer {
  return { chunks: [text], close: () => Promise.resolve() };
}
