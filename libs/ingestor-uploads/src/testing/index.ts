export { uploadProtocolConformance } from './upload-protocol.conformance.js';
export type { ListedEntry, Person, UploadFacility } from './upload-facility.js';
