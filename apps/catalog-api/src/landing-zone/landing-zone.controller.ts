import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import type { Caller } from '../domain/access.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { textFrom } from '../http/query-values.js';
import { AbortUploadDto, CompleteUploadDto, UploadLinksDto, type UploadFileDto } from './landing-zone.dto.js';
import { LandingZone, type LandedFile, type UploadLink, type WantedFile } from './landing-zone.service.js';

/** What is null was not given. */
function wanted({ path, size, uploadId, firstPart, partCount }: UploadFileDto): WantedFile {
  return {
    path,
    size,
    ...(uploadId == null ? {} : { uploadId }),
    ...(firstPart == null ? {} : { firstPart }),
    ...(partCount == null ? {} : { partCount }),
  };
}

/** How a dataset's owner puts files into the landing zone: signed links, never credentials. */
@SignedIn()
@Area('landing zone (Catena)')
@Controller({ path: 'datasets/:pid/landing-zone', version: '4' })
export class LandingZoneController {
  constructor(private readonly landingZone: LandingZone) {}

  /** Files that arrived, in key order, at most 1000 from `after` on: what an interrupted upload need not send again. */
  @Operation('landingZoneControllerFilesV4')
  @Get()
  files(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Query('after') after: unknown,
  ): Promise<LandedFile[]> {
    return this.landingZone.files(caller, pid, textFrom(after));
  }

  @Operation('landingZoneControllerLinksV4')
  @Post('links')
  @HttpCode(200)
  links(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() { files }: UploadLinksDto,
  ): Promise<UploadLink[]> {
    return this.landingZone.links(caller, pid, files.map(wanted));
  }

  @Operation('landingZoneControllerCompleteV4')
  @Post('complete')
  @HttpCode(200)
  async complete(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() dto: CompleteUploadDto,
  ): Promise<{ completed: true }> {
    await this.landingZone.complete(caller, pid, dto);
    return { completed: true };
  }

  @Operation('landingZoneControllerAbortV4')
  @Delete('uploads')
  async abort(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() dto: AbortUploadDto,
  ): Promise<void> {
    await this.landingZone.abort(caller, pid, dto);
  }
}
