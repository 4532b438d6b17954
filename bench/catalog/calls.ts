/** One request. */
export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
}

export const get = (path: string): HttpCall => ({ method: 'GET', path });

export const post = (path: string, body: object): HttpCall => ({ method: 'POST', path, body });

/** A path with parameters that are JSON, as SciCat's clients send them. */
export function query(path: string, parameters: Readonly<Record<string, unknown>>): string {
  return `${path}?${Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(JSON.stringify(value))}`)
    .join('&')}`;
}
