import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { withoutSlash } from '#kernel';
import type { Catalogue } from '../formats/work.js';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';
import type { Theme } from '#service-host';
import { assetsFor, type Asset, type Assets } from './assets.js';

/** Grows whenever pages say something else about the same record: what readers keep is old then. */
const edition = 1;

/** What all pages have in common; made once. */
@Injectable()
export class Site {
  readonly theme: Theme;
  readonly assets: Assets;
  /** `https://data.example.org`, without trailing slash. */
  readonly url: string;
  /** The path in front of all others when the site is no origin's root: empty, or `/data`. */
  readonly base: string;
  readonly catalogue: Catalogue;
  /** Where the day begins on which an embargo ends. */
  readonly embargoTimeZone: string;
  /** Readers may ask for files on tape. */
  readonly takesRequests: boolean;
  /** Changes with everything that changes all pages. */
  readonly edition: string;

  constructor(@Inject(ConfigToken) config: PublicationServerConfig) {
    this.theme = config.theme;
    this.url = config.publicUrl;
    this.embargoTimeZone = config.embargoTimeZone;
    this.takesRequests = config.recalls.perClientAndDay > 0;
    this.base = withoutSlash(new URL(config.publicUrl).pathname);
    this.assets = assetsFor(config.theme);
    this.catalogue = {
      url: config.publicUrl,
      name: config.theme.name,
      oaiDomain: config.oai.domain,
      ...(config.theme.contact === undefined ? {} : { contact: config.theme.contact }),
    };
    this.edition = createHash('sha256')
      .update(
        JSON.stringify([
          ...[edition, config.theme, this.assets.style.name, config.publicUrl],
          config.embargoTimeZone,
        ]),
      )
      .digest('hex')
      .slice(0, 8);
  }

  assetPath({ name }: Asset): string {
    return `${this.base}/assets/${name}`;
  }
}
