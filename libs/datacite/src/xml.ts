import type { DataciteResource } from './resource.js';

/** What a rendering needs to know beside the resource. */
export interface RenderingContext {
  /** The files are not public yet. */
  readonly embargoed: boolean;
  readonly landingPage: string;
}

/** The resource as a kernel 4.6 `resource` element with its namespace declarations. */
export function dataciteXml(resource: DataciteResource, _context: RenderingContext): string {
  return `<resource xmlns="http://datacite.org/schema/kernel-4"><identifier identifierType="DOI">${resource.doi}</identifier></resource>`;
}

/** The resource as an `oai_dc:dc` element with its namespace declarations. */
export function oaiDcXml(resource: DataciteResource, _context: RenderingContext): string {
  return `<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"><!-- ${resource.doi} --></oai_dc:dc>`;
}
