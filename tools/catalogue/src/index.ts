export { catalogue } from './catalogue.js';
export { contractNameOf, messagePlacesIn } from './message-places.js';
