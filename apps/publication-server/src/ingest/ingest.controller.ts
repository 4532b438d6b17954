import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Put,
  Query,
  UseGuards,
} from '@nestjs/common';
import {
  feedLimits,
  problemsOfCopyHead,
  problemsOfCopyMember,
  problemsOfFileLine,
  problemsOfRecord,
  problemsOfWithdrawal,
  type CopyHead,
  type CopyMember,
  type DigestRow,
  type FileLine,
  type PublicRecord,
  type RecallRequest,
  type Withdrawal,
} from '#publication-feed';
import { StoreGuard } from '../site/store.guard.js';
import { parsedBody, parsedLines } from './bodies.js';
import { Copies } from './copies.service.js';
import { FileLists } from './file-lists.js';
import { Pushed } from './pushed.decorator.js';
import { RecallFeed, recallNewsFrom } from './recall-feed.service.js';
import { checkSameDoi, RecordIngest, type IngestResult } from './record-ingest.service.js';

const smallBody = 64 * 1024;

/** The private port: every call is idempotent, signed, and safe to repeat after any crash. */
@Controller()
@UseGuards(StoreGuard)
// The first to be asked: decorators apply from below.
@Pushed()
export class IngestController {
  constructor(
    private readonly ingest: RecordIngest,
    private readonly lists: FileLists,
    private readonly copies: Copies,
    private readonly recalls: RecallFeed,
  ) {}

  @Put('records/:doi')
  @HttpCode(200)
  async put(@Param('doi') doi: string, @Body() body: unknown): Promise<{ result: IngestResult } & DigestRow> {
    const record = parsedBody<PublicRecord>(body, problemsOfRecord, feedLimits.recordBytes);
    checkSameDoi(doi, record.doi);
    const result = await this.ingest.put(record);
    return { result, ...(await this.ingest.row(doi)) };
  }

  @Delete('records/:doi')
  @HttpCode(200)
  async withdraw(
    @Param('doi') doi: string,
    @Body() body: unknown,
  ): Promise<{ result: IngestResult } & DigestRow> {
    const result = await this.ingest.withdraw(
      doi,
      parsedBody<Withdrawal>(body, problemsOfWithdrawal, smallBody),
    );
    return { result, ...(await this.ingest.row(doi)) };
  }

  @Get('records/:doi')
  row(@Param('doi') doi: string): Promise<DigestRow> {
    return this.ingest.row(doi);
  }

  @Get('digest')
  digest(@Query('after') after = '', @Query('limit') limit?: string): Promise<DigestRow[]> {
    const rows = limit === undefined ? feedLimits.digestRows : Number(limit);
    if (!Number.isInteger(rows) || rows < 1 || rows > feedLimits.digestRows)
      throw new BadRequestException(`Expected a limit of 1 to ${feedLimits.digestRows}, found ${limit}.`);
    return this.ingest.digest(after, rows);
  }

  @Get('file-lists/:list')
  async parts(@Param('list') list: string): Promise<{ parts: { part: number; sha256: string }[] }> {
    return { parts: await this.lists.parts(listName(list)) };
  }

  @Put('file-lists/:list/:part')
  @HttpCode(200)
  async putPart(
    @Param('list') list: string,
    @Param('part') part: string,
    @Body() body: unknown,
  ): Promise<{ lines: number }> {
    const lines = parsedLines<FileLine>(body, problemsOfFileLine, feedLimits.linesPerPart);
    await this.lists.putPart(listName(list), partNumber(part), body as Buffer, lines);
    return { lines: lines.length };
  }

  @Get('copies/:archiveId')
  async copy(@Param('archiveId') archiveId: string): Promise<{ members: number }> {
    return { members: await this.copies.membersOf(archiveId) };
  }

  @Put('copies/:archiveId/members/:part')
  @HttpCode(200)
  async putMembers(
    @Param('archiveId') archiveId: string,
    @Param('part') part: string,
    @Body() body: unknown,
  ): Promise<{ lines: number }> {
    partNumber(part);
    const lines = parsedLines<CopyMember>(body, problemsOfCopyMember, feedLimits.linesPerPart);
    await this.copies.putMembers(archiveId, lines);
    return { lines: lines.length };
  }

  @Put('copies/:archiveId')
  @HttpCode(200)
  async putCopy(
    @Param('archiveId') archiveId: string,
    @Body() body: unknown,
  ): Promise<{ archiveId: string }> {
    const head = parsedBody<CopyHead>(body, problemsOfCopyHead, smallBody);
    if (head.archiveId !== archiveId)
      throw new BadRequestException(`Expected the body to be of ${archiveId}, found ${head.archiveId}.`);
    await this.copies.put(head);
    return { archiveId };
  }

  @Delete('copies/:archiveId')
  @HttpCode(204)
  removeCopy(@Param('archiveId') archiveId: string): Promise<void> {
    return this.copies.remove(archiveId);
  }

  @Get('recalls')
  openRecalls(): Promise<RecallRequest[]> {
    return this.recalls.open();
  }

  @Put('recalls/:id')
  report(@Param('id') id: string, @Body() body: unknown): Promise<{ confirmed: boolean }> {
    return this.recalls.report(id, recallNewsFrom(parsedBody<unknown>(body, () => [], smallBody)));
  }
}

function listName(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new BadRequestException('Expected the name of a file list: 64 hexadecimal digits.');
  return text;
}

function partNumber(text: string): number {
  const part = Number(text);
  if (!Number.isInteger(part) || part < 0 || part >= feedLimits.parts)
    throw new BadRequestException(`Expected a part below ${feedLimits.parts}, found ${text}.`);
  return part;
}
