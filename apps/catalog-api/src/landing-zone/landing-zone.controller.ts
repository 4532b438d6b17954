import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CurrentCaller } from '../http/caller.decorator.js';
import type { Caller } from '../domain/access.js';
import { gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { textFrom } from '../http/query-values.js';
import { validateBody } from '../http/validate-body.js';
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
@Area('landing zone (Catena)')
@Controller({ path: 'datasets/:pid/landing-zone', version: '4' })
export class LandingZoneController {
  constructor(private readonly landingZone: LandingZone) {}

  /** Files that arrived, in key order, at most 1000 from `after` on: what an interrupted upload need not send again. */
  @Operation('landingZoneControllerFilesV4')
  @Get()
  files(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Query('after') after: unknown,
  ): Promise<LandedFile[]> {
    gate(caller !== undefined);
    return this.landingZone.files(signedIn(caller), pid, textFrom(after));
  }

  @Operation('landingZoneControllerLinksV4', { body: UploadLinksDto })
  @Post('links')
  @HttpCode(200)
  links(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<UploadLink[]> {
    gate(caller !== undefined);
    const { files } = validateBody(UploadLinksDto, body);
    return this.landingZone.links(signedIn(caller), pid, files.map(wanted));
  }

  @Operation('landingZoneControllerCompleteV4', { body: CompleteUploadDto })
  @Post('complete')
  @HttpCode(200)
  async complete(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<{ completed: true }> {
    gate(caller !== undefined);
    await this.landingZone.complete(signedIn(caller), pid, validateBody(CompleteUploadDto, body));
    return { completed: true };
  }

  @Operation('landingZoneControllerAbortV4', { body: AbortUploadDto })
  @Delete('uploads')
  async abort(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<void> {
    gate(caller !== undefined);
    await this.landingZone.abort(signedIn(caller), pid, validateBody(AbortUploadDto, body));
  }
}
