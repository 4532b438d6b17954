import { doiKey, doiPath } from '#datacite';

/** The only place a DOI leads to; nothing a user writes has a say in it. */
export function landingPageOf(publicUrl: string, doi: string): string {
  return `${publicUrl}/doi/${doiPath(doiKey(doi))}`;
}
