export { allNamed, parsedXml, type ParsedElement } from './parsed-xml.js';
