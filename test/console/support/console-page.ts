/** What a browser was answered. */
export interface Shown<Body> {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
  readonly headers: Headers;
}

type Fields = Record<string, unknown>;
interface Request {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it says that it is the console's own page. Default yes. */
  readonly own?: boolean;
}

/** A browser with the console open: keeps its cookies, and sends what pages of the console send. */
export class ConsolePage {
  readonly cookies = new Map<string, string>();
  /** Everything that it was answered: no secret may stand there. */
  readonly seen: string[] = [];

  constructor(
    private readonly base: string,
    private readonly origin: string,
  ) {}

  get<Body = Fields>(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Shown<Body>> {
    return this.send('GET', path, { headers });
  }

  async send<Body = Fields>(
    method: string,
    path: string,
    { body, headers = {}, own = true }: Request = {},
  ): Promise<Shown<Body>> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.cookies.size === 0 ? {} : { cookie: this.cookieHeader }),
        ...(own && method !== 'GET' ? { 'x-catena-console': '1', origin: this.origin } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    this.keep(response);
    this.seen.push([...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n'), text);
    return { status: response.status, body: parsed(text) as Body, text, headers: response.headers };
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Another tab, or a thief, with the cookies of now. */
  copy(): ConsolePage {
    const page = new ConsolePage(this.base, this.origin);
    for (const [name, value] of this.cookies) page.cookies.set(name, value);
    return page;
  }

  private keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]!.split(/=(.*)/s);
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
