import { randomBytes, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import { BadRequest, Refusal } from '../domain/errors.js';

/** Time, names and the registry: what a publication needs from outside its own records. */
@Injectable()
export class PublicationSurroundings {
  constructor(
    private readonly clock: Clock,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  now(): Date {
    return this.clock.now();
  }

  /** @throws BadRequest when the client names a DOI of somebody else's prefix */
  doiFor(given: unknown): string {
    const { prefix, shortSuffix } = this.config.doi;
    if (typeof given === 'string' && given !== '') {
      if (given.startsWith(`${prefix}/`)) return given;
      throw new BadRequest(`The doi ${given} does not belong to the prefix ${prefix} (DOI_PREFIX).`);
    }
    return `${prefix}/${shortSuffix ? randomBytes(5).toString('hex') : randomUUID()}`;
  }

  /** Without a registry a record is registered here only; with one, nothing is called registered that it does not know. */
  checkRegistrationPossible(): void {
    if (this.config.doi.registry !== undefined)
      throw bareText(
        424,
        'Error occurred: this version cannot register DOIs at REGISTER_DOI_URI yet; nothing was changed.',
      );
  }
}

/** A refusal whose body is a bare text. */
export function bareText(status: number, message: string): Refusal {
  return new Refusal(status, message, message);
}
