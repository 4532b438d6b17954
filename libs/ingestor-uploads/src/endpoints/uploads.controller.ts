import {
  Body,
  Controller,
  HttpException,
  Inject,
  Post,
  Req,
  UseFilters,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { IngestorConfigToken, type IngestorConfig } from '../ingestor.config.js';
import type { Grant } from '../persistence/records.js';
import { objectsPath } from '../transfers/serve-objects.js';
import { Aborting } from '../uploads/aborting.js';
import { Finalization } from '../uploads/finalization.js';
import { Multiparts } from '../uploads/multiparts.js';
import { maxParts, UploadLinks } from '../uploads/upload-links.js';
import { Uploads } from '../uploads/uploads.js';
import { UploadRefused } from '../upload-refused.js';
import { BodyReader } from './bodies.js';
import { answering, ProtocolErrors } from './protocol-errors.filter.js';
import { CallersGrant, LateTokens, WithGrant } from './uploader.guard.js';

type Fields = Readonly<Record<string, unknown>>;

/** GiB of the largest dataset that room is asked for. */
const maxGibibytes = 2 ** 23;

/** The upload of a dataset, from its beginning to its end. */
@WithGrant()
@UseFilters(ProtocolErrors)
@Controller({ path: 's3', version: VERSION_NEUTRAL })
export class DatasetUploadsController {
  constructor(
    private readonly uploads: Uploads,
    private readonly finalization: Finalization,
    private readonly aborting: Aborting,
  ) {}

  @Post('requestDatasetUpload')
  async request(@CallersGrant() grant: Grant, @Body() body: unknown): Promise<Fields> {
    const reader = new BodyReader(body);
    const [pid, gibibytes] = [reader.text('dataset_id'), reader.integer('dataset_size_gib', 0, maxGibibytes)];
    reader.end();
    return answering('Failed to begin the upload', async () => {
      try {
        await this.uploads.request(grant, pid, gibibytes);
        return { message: 'success' };
      } catch (error) {
        if (!(error instanceof UploadRefused) || error.status !== 507) throw error;
        const { message } = error;
        throw new HttpException(
          { message, details: message, dataset_id: pid, requested_size_gib: gibibytes },
          507,
        );
      }
    });
  }

  @Post('finalizeDatasetUpload')
  async finalize(@CallersGrant() grant: Grant, @Body() body: unknown): Promise<Fields> {
    const reader = new BodyReader(body);
    const pid = reader.text('dataset_id');
    const wanted = {
      archiveJob: reader.boolean('create_archiving_job'),
      ownerGroup: reader.string('owner_group'),
      contactEmail: reader.string('contact_email'),
    };
    // Whose job it is, the token says.
    reader.string('owner_user');
    reader.end();
    return answering(
      'Failed to finalize dataset',
      async () => {
        await this.finalization.finalize(grant, { pid, ...wanted });
        return { dataset_id: pid, message: 'Dataset upload finalized' };
      },
      { dataset_pid: pid },
    );
  }

  @LateTokens('taken')
  @Post('abortDatasetUpload')
  async abort(@CallersGrant() grant: Grant, @Body() body: unknown): Promise<Fields> {
    const reader = new BodyReader(body);
    const pid = reader.text('dataset_id');
    reader.end();
    return answering('Failed to abort the upload', async () => ({
      dataset_id: pid,
      message: await this.aborting.abort(grant, pid),
    }));
  }
}

/** The files of an upload. */
@WithGrant()
@UseFilters(ProtocolErrors)
@Controller({ path: 's3', version: VERSION_NEUTRAL })
export class FileUploadsController {
  constructor(
    private readonly links: UploadLinks,
    private readonly multiparts: Multiparts,
    @Inject(IngestorConfigToken) private readonly config: IngestorConfig,
  ) {}

  @LateTokens('failure')
  @Post('presignedUrls')
  async announce(
    @CallersGrant() grant: Grant,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<Fields> {
    const reader = new BodyReader(body);
    const [pid, objectName] = [reader.text('dataset_id'), reader.text('object_name')];
    const parts = reader.integer('parts', 1, maxParts);
    reader.end();
    return answering('Failed to create presigned urls', async () => {
      const { uploadId, tokens } = await this.links.announce(grant, pid, objectName, parts);
      const address = `${this.addressFor(request)}${objectsPath}`;
      return {
        upload_id: uploadId,
        urls: tokens.map((token) => Buffer.from(`${address}${token}`).toString('base64')),
      };
    });
  }

  @LateTokens('taken')
  @Post('completeUpload')
  async complete(
    @CallersGrant() grant: Grant,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<Fields> {
    const reader = new BodyReader(body);
    const wanted = {
      pid: reader.text('dataset_id'),
      objectName: reader.text('object_name'),
      // Empty of a file in one piece that was as long as a part: its client completes that, too.
      uploadId: reader.string('upload_id'),
      parts: reader.list('parts', (part) => ({
        number: part.integer('part_number', 1, maxParts),
        etag: part.text('etag').replace(/^"|"$/g, ''),
        sha256: part.text('checksum_sha256'),
      })),
      sha256: reader.text('checksum_sha256'),
    };
    reader.end();
    return answering('Failed to complete upload', async () => {
      await this.multiparts.complete(grant, wanted);
      const path = wanted.objectName.split('/').map(encodeURIComponent).join('/');
      return { location: `${this.addressFor(request)}/s3/${path}`, key: wanted.objectName };
    });
  }

  @LateTokens('taken')
  @Post('abortMultipartUpload')
  async abort(@CallersGrant() grant: Grant, @Body() body: unknown): Promise<Fields> {
    const reader = new BodyReader(body);
    // Its clients send it empty.
    const pid = reader.string('dataset_id');
    const [uploadId, objectName] = [reader.string('upload_id'), reader.text('object_name')];
    reader.end();
    return answering('Failed to abort multipart upload', async () => {
      await this.multiparts.abort(grant, pid, objectName, uploadId);
      return { message: 'Multipart upload aborted', upload_id: uploadId, object_name: objectName };
    });
  }

  /** As the caller has reached it, where no address is configured: links lead nowhere else. */
  private addressFor({ protocol, host }: FastifyRequest): string {
    return this.config.url ?? `${protocol}://${host}${this.config.basePath}`;
  }
}
