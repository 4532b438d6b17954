import { Controller, Get, Inject, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { Clock, messageOf, wait } from '#kernel';
import { Open } from '#service-host';
import { ObjectStore } from '#storage';
import { IngestorConfigToken, type IngestorConfig } from '../ingestor.config.js';
import { UploadCatalogue, type MissingDependency } from '../upload-catalogue.js';

interface Reply {
  status(code: number): unknown;
}

/** Milliseconds for which one answer counts: anybody may ask. */
const freshness = 2000;
/** Milliseconds for an answer of the object store. */
const patience = 5000;

/** Health as ScopeMArchiver's monitors ask for it. */
@Open('monitors have no account; it names services, no data')
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class IngestorHealthController {
  private known: { readonly at: number; readonly missing: Promise<readonly MissingDependency[]> } | undefined;

  constructor(
    private readonly catalogue: UploadCatalogue,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
    @Inject(IngestorConfigToken) private readonly config: IngestorConfig,
  ) {}

  @Get('livez')
  live(): object {
    return { status: 'healthy', timestamp: this.clock.now().toISOString() };
  }

  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<object> {
    const errors = await this.missing();
    if (errors.length === 0) return { status: 'ready', timestamp: this.clock.now().toISOString() };
    reply.status(503);
    return { errors, status: 'not ready' };
  }

  private missing(): Promise<readonly MissingDependency[]> {
    const now = this.clock.now().getTime();
    if (this.known === undefined || now - this.known.at > freshness)
      this.known = { at: now, missing: this.ask() };
    return this.known.missing;
  }

  private async ask(): Promise<readonly MissingDependency[]> {
    const [ofCatalogue, ofStore] = await Promise.all([this.askCatalogue(), this.askStore()]);
    return [...ofCatalogue, ...ofStore];
  }

  private async askCatalogue(): Promise<readonly MissingDependency[]> {
    try {
      return await this.catalogue.missing();
    } catch (error) {
      return [{ dependency: 'catalogue', endpoint: '', message: messageOf(error) }];
    }
  }

  private async askStore(): Promise<readonly MissingDependency[]> {
    const { uploads } = this.config;
    if (uploads === undefined) return [];
    const silence = new AbortController();
    const asked = this.objects.head(uploads.landingZoneBucket, '.catena-health').then(
      () => undefined,
      (error: unknown) => messageOf(error),
    );
    const late = wait(patience, silence.signal).then(() => `no answer within ${patience} ms`);
    const message = await Promise.race([asked, late]).finally(() => silence.abort());
    return message === undefined ? [] : [{ dependency: 'object storage', endpoint: '', message }];
  }
}
