import { holdAgainstDescription } from './described-answers.js';

export interface Answer<Body> {
  readonly status: number;
  /** Parsed JSON, the text where it is none, an empty object for an empty answer. */
  readonly body: Body;
  readonly text: string;
  readonly headers: Headers;
}

type Fields = Record<string, unknown>;
type HeaderFields = Readonly<Record<string, string>>;

/** One client of the REST API with its token, or an anonymous one. */
export class ScicatUser {
  constructor(
    private readonly base: string,
    readonly token?: string,
  ) {}

  /** @param query values that are not text are sent as JSON, as SciCat's clients do */
  get<Body = Fields>(
    path: string,
    query: Readonly<Fields> = {},
    headers: HeaderFields = {},
  ): Promise<Answer<Body>> {
    const parameters = Object.entries(query).map(
      ([name, value]) =>
        `${encodeURIComponent(name)}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
    );
    const mark = parameters.length === 0 ? '' : path.includes('?') ? '&' : '?';
    return this.send('GET', `${path}${mark}${parameters.join('&')}`, undefined, headers);
  }

  post<Body = Fields>(path: string, body?: unknown, headers: HeaderFields = {}): Promise<Answer<Body>> {
    return this.send('POST', path, body, headers);
  }

  patch<Body = Fields>(path: string, body?: unknown, headers: HeaderFields = {}): Promise<Answer<Body>> {
    return this.send('PATCH', path, body, headers);
  }

  put<Body = Fields>(path: string, body?: unknown, headers: HeaderFields = {}): Promise<Answer<Body>> {
    return this.send('PUT', path, body, headers);
  }

  delete<Body = Fields>(path: string, headers: HeaderFields = {}): Promise<Answer<Body>> {
    return this.send('DELETE', path, undefined, headers);
  }

  /** @param body text is sent as it is, so that broken JSON can be sent too */
  async send<Body = Fields>(
    method: string,
    path: string,
    body: unknown,
    headers: HeaderFields = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const { status, headers: answered } = response;
    holdAgainstDescription(method, path, { status, text, headers: answered });
    return { status, body: parsed(text) as Body, text, headers: answered };
  }
}

function parsed(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
