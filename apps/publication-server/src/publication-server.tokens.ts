export const ConfigToken = Symbol('PublicationServerConfig');
