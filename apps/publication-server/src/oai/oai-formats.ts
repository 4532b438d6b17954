import { xmlText } from '#datacite';
import type { Renderings } from '../persistence/records.js';

/** A way in which every record can be had. */
export interface MetadataFormat {
  readonly prefix: string;
  readonly schema: string;
  readonly namespace: string;
  /** The stored rendering that it is made of. */
  readonly rendering: keyof Renderings;
  /** Puts what the format adds around the rendering. */
  readonly wrap: (rendering: string, datacentre: string) => string;
}

const wrapperNamespace = 'http://schema.datacite.org/oai/oai-1.1/';
const wrapperSchema = 'https://schema.datacite.org/oai/oai-1.1/oai.xsd';
const kernel = '4.6';

export const metadataFormats: readonly MetadataFormat[] = [
  {
    prefix: 'oai_dc',
    schema: 'http://www.openarchives.org/OAI/2.0/oai_dc.xsd',
    namespace: 'http://www.openarchives.org/OAI/2.0/oai_dc/',
    rendering: 'dc',
    wrap: (rendering) => rendering,
  },
  {
    prefix: 'oai_datacite',
    schema: wrapperSchema,
    namespace: wrapperNamespace,
    rendering: 'datacite',
    wrap: (rendering, datacentre) =>
      `<oai_datacite xmlns="${wrapperNamespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
      `xsi:schemaLocation="${wrapperNamespace} ${wrapperSchema}"><schemaVersion>${kernel}</schemaVersion>` +
      `<datacentreSymbol>${xmlText(datacentre)}</datacentreSymbol><payload>${rendering}</payload></oai_datacite>`,
  },
  {
    prefix: 'datacite',
    schema: `https://schema.datacite.org/meta/kernel-${kernel}/metadata.xsd`,
    namespace: 'http://datacite.org/schema/kernel-4',
    rendering: 'datacite',
    wrap: (rendering) => rendering,
  },
];

export function formatNamed(prefix: string): MetadataFormat | undefined {
  return metadataFormats.find((format) => format.prefix === prefix);
}
