export const ConfigToken = Symbol('PublicationServerConfig');
export const LoggerToken = Symbol('Logger');
