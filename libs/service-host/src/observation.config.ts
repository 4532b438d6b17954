import { integer, isOn, present, refuse, withoutSlash, type Environment } from '#kernel';

/** Numbers and traces of an app. */
export interface ObservationOptions {
  /** Whether numbers are kept, for `/metrics`. */
  readonly metrics: boolean;
  /** Bearer token that `/metrics` asks for; undefined: none. */
  readonly token: string | undefined;
  /** A listener for operators alone, beside that of the app; undefined: none. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  /** Where spans go, by OTLP over HTTP; undefined: nowhere. */
  readonly spansTo: string | undefined;
  /** Which commit the program was made of, for people. */
  readonly commit: string;
}

/** Reads what an app is to tell about itself. See docs/configuration.md. */
export function observationFrom(environment: Environment): ObservationOptions {
  const port = integer(environment, 'OPERATIONS_PORT', -1, 0);
  const host = environment['OPERATIONS_HOST'] ?? '127.0.0.1';
  return {
    metrics: isOn(environment['METRICS_ENABLED']),
    token: present(environment['METRICS_TOKEN']),
    listen: port < 0 ? undefined : { host, port },
    spansTo: endpointFrom(environment),
    commit: environment['CATENA_COMMIT'] ?? 'unknown',
  };
}

function endpointFrom(environment: Environment): string | undefined {
  const text = present(environment['OTEL_EXPORTER_OTLP_ENDPOINT']);
  if (text === undefined) return undefined;
  if (URL.canParse(text) && /^https?:/.test(text)) return withoutSlash(text);
  refuse(
    environment,
    `Expected OTEL_EXPORTER_OTLP_ENDPOINT to be an address such as http://127.0.0.1:4318, found ${JSON.stringify(text)}.`,
  );
  return undefined;
}
