/** Injection token of the validated configuration. */
export const CatalogApiConfigToken = Symbol('CatalogApiConfig');
