export { catalogue } from './catalogue.js';
export { contractNameOf, messagePlacesIn } from './message-places.js';
export { callNotes } from './operations-openapi.js';
