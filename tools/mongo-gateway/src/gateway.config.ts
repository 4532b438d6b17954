import type { GatewayOptions } from './gateway.js';

/** Reads the command's options from the environment: a password in the arguments would be visible to everybody. */
export function readGatewayOptions(environment: NodeJS.ProcessEnv): GatewayOptions {
  const required = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') {
      throw new Error(`${name} must be set (see tools/mongo-gateway/README.md for all options)`);
    }
    return value;
  };
  const number = (name: string, fallback: number): number => {
    const value = Number(environment[name] ?? fallback);
    if (!Number.isInteger(value) || value < 0)
      throw new Error(`${name} must be a whole number, found "${environment[name]}"`);
    return value;
  };
  return {
    host: environment['MONGO_GATEWAY_HOST'] ?? '127.0.0.1',
    port: number('MONGO_GATEWAY_PORT', 27017),
    user: required('MONGO_GATEWAY_USER'),
    password: required('MONGO_GATEWAY_PASSWORD'),
    advertisedAddress: environment['MONGO_GATEWAY_ADVERTISE'],
    postgres: {
      socketDirectory: required('MONGO_GATEWAY_PG_SOCKET_DIRECTORY'),
      port: number('MONGO_GATEWAY_PG_PORT', 5432),
      user: environment['MONGO_GATEWAY_PG_USER'] ?? 'catena',
      database: environment['MONGO_GATEWAY_PG_DATABASE'] ?? 'postgres',
      maxConnections: number('MONGO_GATEWAY_PG_CONNECTIONS', 32),
    },
  };
}
