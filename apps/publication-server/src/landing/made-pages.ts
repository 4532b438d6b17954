import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { linkHeader } from '../formats/signposting.js';
import { MostRecent } from '../persistence/most-recent.js';
import type { Publication } from '../publications/publications.service.js';
import type { Page } from '../site/page.js';
import { documentPolicy, securityHeaders } from '../site/reply.js';
import { landingPage } from './landing-page.js';

/** Bytes of pages that are kept. */
const maxBytes = 32 * 1024 * 1024;

/** A landing page as it is sent. */
export interface MadePage {
  readonly markup: Buffer;
  /** The headers that follow from what it says. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Landing pages that were made lately. Each is kept under a digest of everything that it was made from, which is read
 * for every reader: what changes in the store changes the digest, and a page of before is found no more.
 */
@Injectable()
export class MadePages {
  private readonly kept = new MostRecent<MadePage>(maxBytes);

  of(page: Page, publication: Publication): MadePage {
    const key = keyOf(page, publication);
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const { markup, inlineJson } = landingPage(page, publication);
    const made = {
      markup: Buffer.from(markup),
      headers: { link: linkHeader(publication.work), ...securityHeaders(documentPolicy(inlineJson)) },
    };
    this.kept.keep(key, made, made.markup.length);
    return made;
  }
}

/** The site is the same for all pages of a process. */
function keyOf({ language, chosen, path, query }: Page, publication: Publication): string {
  const { work, availability, files, relations, usage } = publication;
  const { record, datestamp, embargoedUntil } = work;
  return createHash('sha256')
    .update(
      JSON.stringify([
        ...[language, chosen, path, query],
        ...[record, datestamp, embargoedUntil, availability, files, relations, usage],
      ]),
    )
    .digest('base64');
}
