import { doiKey } from '#datacite';

const legalRepository = /^[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z][a-zA-Z0-9-]*)+$/;
const encodedInVain = /%(?:2F|3A|3B|24|3D)/g;

/**
 * `oai:<domain>:<DOI in lower case>`. What a URI may hold stays as it is, slashes too; all else is percent-encoded.
 * Never changes for a DOI, whatever case it is written in.
 */
export function oaiIdentifier(domain: string, doi: string): string {
  const encoded = encodeURIComponent(doiKey(doi).replace(/[\uD800-\uDFFF]/gu, '\uFFFD'));
  return `oai:${domain}:${encoded.replace(encodedInVain, decodeURIComponent)}`;
}

/** The DOI in lower case; undefined when the identifier is not one of this repository. */
export function doiInIdentifier(domain: string, identifier: string): string | undefined {
  const start = `oai:${domain}:`;
  if (!identifier.startsWith(start) || identifier.length > 2000) return undefined;
  try {
    const doi = decodeURIComponent(identifier.slice(start.length));
    return oaiIdentifier(domain, doi) === identifier ? doi : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the guidelines for OAI identifiers take this domain: they want at least two names with a dot between. */
export function isRepositoryIdentifier(domain: string): boolean {
  return legalRepository.test(domain);
}
