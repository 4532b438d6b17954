import { randomBytes, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { isDoi } from '#datacite';
import { Clock } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { BadRequest, Refusal } from '../domain/errors.js';

/** Time, names and configuration: what a publication needs from outside its own records. */
@Injectable()
export class PublicationPolicy {
  constructor(
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  now(): Date {
    return this.clock.now();
  }

  get embargoTimeZone(): string {
    return this.config.embargoTimeZone;
  }

  /** @throws BadRequest when the client names a DOI of another prefix than the facility's */
  doiFor(given: unknown): string {
    const { prefix, shortSuffix } = this.config.doi;
    if (typeof given === 'string' && given !== '') {
      if (given.startsWith(`${prefix}/`)) return given;
      throw new BadRequest(`The doi ${given} does not belong to the prefix ${prefix} (DOI_PREFIX).`);
    }
    return `${prefix}/${shortSuffix ? randomBytes(5).toString('hex') : randomUUID()}`;
  }

  /** Whether registering waits for the publisher's word. */
  get confirmed(): boolean {
    return this.config.doi.confirmed;
  }

  get patience(): number {
    return this.config.doi.patience;
  }

  get defaults(): CatalogApiConfig['publicationDefaults'] {
    return this.config.publicationDefaults;
  }

  /** Old databases hold names that no registry takes: nobody is told of those. */
  isTold(doi: string): boolean {
    return this.config.publicationEvents && isDoi(doi);
  }
}

/** A refusal whose body is a bare text. */
export function bareText(status: number, message: string): Refusal {
  return new Refusal(status, message, message);
}
