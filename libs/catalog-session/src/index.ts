export { CatalogSession, type CatalogAccount } from './catalog-session.js';
