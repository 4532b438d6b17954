import { Inject, Injectable } from '@nestjs/common';
import { IngestorConfigToken, type IngestorConfig } from '../ingestor.config.js';
import { LinkTokens } from '../transfers/link-tokens.js';
import { objectsPath } from '../transfers/serve-objects.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { bearerOf } from './uploader.guard.js';

/** A request as far as it says who sends it. */
export interface NamedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * Ingestors at work, by the signature of what they show. For whoever counts requests: one sends two for each file, and crashes
 * when it is told to wait.
 */
@Injectable()
export class KnownCallers {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly links: LinkTokens,
    @Inject(IngestorConfigToken) private readonly config: IngestorConfig,
  ) {}

  isOne({ url, headers }: NamedRequest): boolean {
    const { basePath } = this.config;
    const objects = `${basePath}${objectsPath}`;
    if (url.startsWith(objects)) return this.links.read(url.slice(objects.length)) !== undefined;
    if (!url.startsWith(`${basePath}/s3/`)) return false;
    const token = bearerOf(headers);
    return token !== undefined && this.tokens.read(token) !== undefined;
  }
}
