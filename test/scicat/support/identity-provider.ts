import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { Provider } from 'oidc-provider';

export const clientId = 'catena-test';
/** Of people's own programs: without a secret, with PKCE, loopback addresses of any port (RFC 8252) and codes for devices (RFC 8628). */
export const nativeClientId = 'catena-command-line';
export const clientSecret = 'a secret of the test, long enough for its signature';

export interface ProviderPerson {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** A browser that keeps cookies and follows nothing by itself. */
export class Browser {
  private readonly jar = new Map<string, string>();

  async open(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const { host } = new URL(url);
    const own = [...this.jar].filter(([key]) => key.startsWith(`${host} `));
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: own.map(([key, value]) => `${key.slice(host.length + 1)}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]!.split(/=(.*)/s);
      if (value === '' || /max-age=0/i.test(line)) this.jar.delete(`${host} ${name}`);
      else this.jar.set(`${host} ${name}`, value);
    }
    return response;
  }
}

/** A real OpenID Connect provider over HTTP; whoever names a person's subject in its form is that person. */
export class IdentityProvider {
  private constructor(
    readonly issuer: string,
    private readonly server: Server,
    private readonly key: CryptoKey,
  ) {}

  static async start(
    people: readonly ProviderPerson[],
    redirectUris: readonly string[],
    { tellsInIdTokens = true }: { readonly tellsInIdTokens?: boolean } = {},
  ): Promise<IdentityProvider> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid: 'of-the-test', alg: 'RS256', use: 'sig' };
    const provider = new Provider(issuer, {
      jwks: { keys: [jwk] },
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [...redirectUris],
          token_endpoint_auth_method: 'client_secret_post',
          scope: 'openid profile email',
        },
        {
          client_id: nativeClientId,
          application_type: 'native',
          redirect_uris: ['http://127.0.0.1/callback'],
          grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
          token_endpoint_auth_method: 'none',
          scope: 'openid profile email',
        },
      ],
      claims: {
        openid: ['sub'],
        email: ['email', 'email_verified'],
        profile: ['name', 'preferred_username', 'groups', 'picture'],
      },
      conformIdTokenClaims: !tellsInIdTokens,
      cookies: { keys: ['a key of the test'] },
      pkce: { required: () => true, methods: ['S256'] },
      features: {
        devInteractions: { enabled: true },
        rpInitiatedLogout: { enabled: true },
        deviceFlow: { enabled: true },
      },
      findAccount: (_context: unknown, id: string) => {
        const person = people.find(({ sub }) => sub === id);
        return person && { accountId: id, claims: () => person };
      },
    });
    server.on('request', provider.callback());
    return new IdentityProvider(issuer, server, privateKey);
  }

  /** Goes through the provider's pages as a person does. @returns the address at which the provider leaves the browser */
  signIn(browser: Browser, address: string, sub: string, callback: string): Promise<string> {
    return this.follow(browser, address, sub, (url) => url.startsWith(callback));
  }

  /** An id token as the provider would sign it, with claims that it gives nobody in these tests. */
  idToken(claims: Readonly<Record<string, unknown>>): Promise<string> {
    return new SignJWT({ iss: this.issuer, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'of-the-test' })
      .setIssuedAt()
      .setExpirationTime(typeof claims['exp'] === 'number' ? claims['exp'] : '5m')
      .sign(this.key);
  }

  /** Answers the question about a device as a person does on another one. @param verdict what is pressed there */
  async answerDevice(address: string, sub: string, verdict: 'confirm' | 'abort'): Promise<void> {
    const browser = new Browser();
    const asked = await (await browser.open(address)).text();
    const value = (name: string): string =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(asked)?.[1] ?? '';
    const form = { xsrf: value('xsrf'), user_code: value('user_code') };
    const page = `${this.issuer}/device`;
    await (await browser.open(page, form)).text();
    const answer = await browser.open(page, { ...form, [verdict]: 'yes' });
    const location = answer.headers.get('location');
    if (location === null) return;
    await this.follow(browser, new URL(location, page).href, sub, () => false);
  }

  private async follow(
    browser: Browser,
    address: string,
    sub: string,
    isEnd: (url: string) => boolean,
  ): Promise<string> {
    let url = address;
    for (let step = 0; step < 20; step += 1) {
      if (isEnd(url)) return url;
      const response = await browser.open(url);
      const location = response.headers.get('location');
      if (location !== null) {
        url = new URL(location, url).href;
        continue;
      }
      const page = await response.text();
      if (page.includes('Sign-in Success')) return url;
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
      if (prompt === undefined) throw new Error(`unexpected page of the provider: ${page.slice(0, 500)}`);
      const form = prompt === 'login' ? { prompt, login: sub, password: 'any' } : { prompt };
      const answer = await browser.open(url, form as Record<string, string>);
      url = new URL(answer.headers.get('location') ?? '', url).href;
    }
    throw new Error('the provider leads round in circles');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
