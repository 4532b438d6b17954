export const ConfigToken = Symbol('PublisherConfig');
