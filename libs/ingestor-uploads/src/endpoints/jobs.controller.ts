import { Body, Controller, HttpException, Post, UseFilters, VERSION_NEUTRAL } from '@nestjs/common';
import { UploadCatalogue, type JobRun } from '../upload-catalogue.js';
import { UploadRefused } from '../upload-refused.js';
import { unprocessable } from './bodies.js';
import { JobDoor } from './job-door.guard.js';
import { answering, ProtocolErrors } from './protocol-errors.filter.js';

/** Longest id of a job. */
const longestId = 100;

/** Where SciCat's `url` action posts jobs, as it posts them to ScopeMArchiver. */
@JobDoor()
@UseFilters(ProtocolErrors)
@Controller({ path: 'archiver', version: VERSION_NEUTRAL })
export class JobsController {
  constructor(private readonly catalogue: UploadCatalogue) {}

  /** 201 with the run of the job: the same one, however often it is posted. */
  @Post('jobs')
  async take(@Body() body: unknown): Promise<JobRun> {
    const { id, type } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    if (typeof id !== 'string' || !/^[\w:.-]+$/.test(id) || id.length > longestId)
      throw refused('id', `Expected the id of a job of SciCat, found ${shown(id)}.`);
    if (typeof type !== 'string') throw refused('type', `Expected the type of a job, found ${shown(type)}.`);
    return answering('Failed to take the job', async () => {
      try {
        return await this.catalogue.runOf(id, type);
      } catch (error) {
        if (error instanceof UploadRefused && error.status === 422) throw refused('type', error.message);
        throw error;
      }
    });
  }
}

function refused(field: string, message: string): HttpException {
  return unprocessable([{ field, message, type: 'value_error' }]);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 100);
}
