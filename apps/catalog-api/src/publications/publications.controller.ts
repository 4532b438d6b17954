import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { PublishedData } from '../answers/published-data.js';
import type { Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { textFrom } from '../http/query-values.js';
import { checkReason, PublicationLife } from '../published-data/publication-life.service.js';
import type { PublishedDataRecord } from '../published-data/published-data-record.js';
import { PublishedDataQueries } from '../published-data/published-data-queries.js';
import { PublicationFiles } from './publication-files.js';
import {
  PublicationSnapshots,
  type PublicationRow,
  type PublicationSnapshot,
} from './publication-snapshots.js';
import { WithdrawDto } from './publications.dto.js';

type Fields = Record<string, unknown>;

/** Bytes of lines gathered before they are handed on. */
const pieceSize = 64 * 1024;

@Controller({ version: '4' })
@Area('publications (Catena)')
export class PublicationsController {
  constructor(
    private readonly life: PublicationLife,
    private readonly queries: PublishedDataQueries,
    private readonly snapshots: PublicationSnapshots,
    private readonly files: PublicationFiles,
  ) {}

  /** Leaves a tombstone: the DOI goes on to resolve, the data are public no more. */
  @SignedIn({ anonymous: 401 })
  @Operation('publicationsControllerWithdrawV4', { answer: PublishedData })
  @Post('publisheddata/:id/withdraw')
  @HttpCode(201)
  async withdraw(
    @SignedInCaller() caller: Caller,
    @Param('id') doi: string,
    @Body() { reason, replacedBy }: WithdrawDto,
  ): Promise<PublishedDataRecord> {
    return this.life.withdraw(caller, doi, { reason: checkReason(reason), replacedBy });
  }

  /** Where a publication stands on its way to the public: in the catalogue, at DataCite, on the landing page. */
  @Admits(accessTable.publishedData.read)
  @Operation('publicationsControllerStatusV4')
  @Get('publisheddata/:id/publication')
  async status(@CurrentCaller() caller: Caller | undefined, @Param('id') doi: string): Promise<Fields> {
    const { status } = await this.queries.get(caller, doi);
    const { catena } = await this.snapshots.record(doi);
    const { version = 0, registration, doiState, landingPage, withdrawal, embargoUntil } = catena ?? {};
    const mayKnow = caller !== undefined;
    return {
      ...{ doi, status, version, doiState, landingPage, embargoUntil },
      ...(registration === undefined || !mayKnow ? {} : { registration }),
      ...(withdrawal === undefined ? {} : { withdrawal: { at: withdrawal.at, reason: withdrawal.reason } }),
    };
  }

  /** Rows of all publications beyond a draft, 1000 from `after` on: for the publisher to compare. */
  @Admits(accessTable.publishedData.feed)
  @Operation('publicationsControllerRowsV4')
  @Get('publications')
  rows(@Query('after') after: unknown): Promise<PublicationRow[]> {
    return this.snapshots.rows(textFrom(after) ?? '');
  }

  /** What the publisher needs of one publication. */
  @Admits(accessTable.publishedData.feed)
  @Operation('publicationsControllerSnapshotV4')
  @Get('publications/:id')
  snapshot(@Param('id') doi: string): Promise<PublicationSnapshot> {
    return this.snapshots.snapshot(doi);
  }

  /** Its files, one JSON object a line. */
  @Admits(accessTable.publishedData.feed)
  @Operation('publicationsControllerFilesV4')
  @Get('publications/:id/files')
  async list(@Param('id') doi: string): Promise<StreamableFile> {
    const { datasetPids } = await this.snapshots.record(doi);
    const pieces = Readable.from(inPieces(this.files.lines(datasetPids)), { objectMode: false });
    return new StreamableFile(pieces, { type: 'application/x-ndjson' });
  }
}

async function* inPieces(lines: AsyncIterable<object>): AsyncGenerator<string> {
  let piece = '';
  for await (const line of lines) {
    piece += `${JSON.stringify(line)}\n`;
    if (piece.length >= pieceSize) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}
