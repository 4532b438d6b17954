import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  Browser,
  clientId,
  clientSecret,
  IdentityProvider,
  type ProviderPerson,
} from './support/identity-provider.js';
import { ScicatApp } from './support/scicat-app.js';
import { ScicatUser } from './support/scicat-user.js';

/** The app's address as the provider knows it: the test carries the browser from there to the port that was free. */
const callback = 'http://catena.example/api/v3/auth/oidc/callback';
const frontend = 'http://frontend.example';

const person = (sub: string, more: object = {}): ProviderPerson => ({
  sub,
  name: `Person ${sub}`,
  preferred_username: `user-${sub}`,
  email: `${sub}@provider.example`,
  email_verified: true,
  groups: ['beamline', '', 7, 'proposal-1'],
  ...more,
});
const people = [
  person('carla'),
  person('thief', { email: 'user1@example.org' }),
  person('namesake', { preferred_username: 'admin' }),
  person('unverified', { email: 'user2@example.org', email_verified: false }),
  person('silent', { email_verified: undefined }),
];

/** §1.1 and §3.3 of the contract: the facility's identity provider, a real one over HTTP. */
describe('Sign-in with an identity provider', () => {
  let provider: IdentityProvider;
  let app: ScicatApp;
  const environment = (): Record<string, string> => ({
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: clientId,
    OIDC_CLIENT_SECRET: clientSecret,
    OIDC_CALLBACK_URL: callback,
    OIDC_SUCCESS_URL: `${frontend}/auth-callback`,
    OIDC_FRONTEND_CLIENTS: 'CLI',
    OIDC_CLI_SUCCESS_URL: 'http://127.0.0.1:4711/done',
    OIDC_CLI_RETURN_URL: '/cli',
    ACCESS_GROUPS_OIDCPAYLOAD_ENABLED: 'true',
    OIDC_ACCESS_GROUPS_PROPERTY: 'groups',
    ACCESS_GROUPS_STATIC_VALUES: 'facility',
  });
  before(async () => {
    provider = await IdentityProvider.start(people, [callback]);
    app = await ScicatApp.start(environment());
  });
  after(async () => {
    await app.stop();
    await provider.stop();
  });

  const begin = (browser: Browser, query = '', base = app.base): Promise<Response> =>
    browser.open(`${base}/api/v3/auth/oidc${query}`);
  /** The provider's answer on its way back, at the address where the app of this test listens. */
  const comeBack = async (browser: Browser, sub: string, query = '', base = app.base): Promise<string> => {
    const started = await begin(browser, query, base);
    assert.equal(started.status, 302, await started.text());
    const left = await provider.signIn(browser, started.headers.get('location')!, sub, callback);
    return left.replace('http://catena.example', base);
  };
  const signIn = async (sub: string, query = '', base = app.base): Promise<URL> => {
    const browser = new Browser();
    const response = await browser.open(await comeBack(browser, sub, query, base));
    assert.equal(response.status, 302, await response.text());
    return new URL(response.headers.get('location')!);
  };

  it('sends the browser to the provider with PKCE, state and nonce, and keeps the secrets sealed', async () => {
    const response = await begin(new Browser());
    const address = new URL(response.headers.get('location')!);
    assert.equal(address.origin, provider.issuer);
    assert.equal(address.searchParams.get('code_challenge_method'), 'S256');
    for (const name of ['state', 'nonce', 'code_challenge']) assert.ok(address.searchParams.get(name), name);
    const [cookie = ''] = response.headers.getSetCookie();
    assert.match(cookie, /HttpOnly/);
    assert.match(cookie, /SameSite=Lax/);
    assert.ok(!cookie.includes(address.searchParams.get('nonce')!));
  });

  it('comes back to the frontend with a token, with groups from the claim and the fixed list', async () => {
    const target = await signIn('carla', '?returnUrl=/datasets%3Ffilter%3Dx');
    assert.equal(target.origin + target.pathname, `${frontend}/auth-callback`);
    assert.equal(target.searchParams.get('returnUrl'), '/datasets?filter=x');
    const user = new ScicatUser(app.base, target.searchParams.get('access-token')!);
    const { body } = await user.get<{ _id: string; currentGroups: string[]; username: string }>(
      '/api/v3/auth/whoami',
    );
    assert.equal(body._id, target.searchParams.get('user-id'));
    assert.equal(body.username, 'user-carla');
    assert.deepEqual(body.currentGroups.sort(), ['beamline', 'facility', 'proposal-1']);
    assert.equal((await user.get('/api/v3/users/my/settings')).body['jobCount'], 25);
  });

  it('finds the same account at the next sign-in', async () => {
    const [first, second] = [await signIn('carla'), await signIn('carla')];
    assert.equal(first.searchParams.get('user-id'), second.searchParams.get('user-id'));
  });

  it('brings each client back to its own address, and refuses unknown ones with 401', async () => {
    const target = await signIn('carla', '?client=CLI');
    assert.equal(target.origin + target.pathname, 'http://127.0.0.1:4711/done');
    assert.equal(target.searchParams.get('returnUrl'), '/cli');
    assert.equal((await begin(new Browser(), '?client=unknown')).status, 401);
  });

  it('returns to nowhere but the frontend', async () => {
    const away = [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '\\\\evil.example',
    ];
    for (const address of away)
      assert.equal(
        (await begin(new Browser(), `?returnUrl=${encodeURIComponent(address)}`)).status,
        400,
        address,
      );
    const inside = await begin(new Browser(), `?returnUrl=${encodeURIComponent(`${frontend}/x`)}`);
    assert.equal(inside.status, 302);
  });

  it('takes an answer once, from the browser that began, with the state of the beginning', async () => {
    const browser = new Browser();
    const answer = await comeBack(browser, 'carla');
    assert.equal((await new Browser().open(answer)).status, 401, 'another browser');
    const forged = new URL(answer);
    forged.searchParams.set('state', `${forged.searchParams.get('state')}x`);
    assert.equal((await browser.open(forged.href)).status, 401, 'another state');
    const wrongCode = new URL(answer);
    wrongCode.searchParams.set('code', 'wrong');
    assert.equal((await browser.open(wrongCode.href)).status, 401, 'another code');
    assert.equal((await browser.open(answer)).status, 302);
    assert.equal((await browser.open(answer)).status, 401, 'a second time');
  });

  it('lets two tabs sign in at once', async () => {
    const browser = new Browser();
    const first = await comeBack(browser, 'carla');
    const second = await comeBack(browser, 'carla');
    assert.equal((await browser.open(first)).status, 302);
    assert.equal((await browser.open(second)).status, 302);
  });

  it('refuses rubbish with 401, never with 500', async () => {
    for (const query of [
      '',
      '?state=',
      '?state=a&state=b',
      '?code=x&state=y',
      '?error=access_denied&state=x',
    ])
      assert.equal(
        (await new Browser().open(`${app.base}/api/v3/auth/oidc/callback${query}`)).status,
        401,
        query,
      );
  });

  it('never takes a local account over, neither by e-mail nor by name', async () => {
    const browser = new Browser();
    const response = await browser.open(await comeBack(browser, 'thief'));
    assert.equal(response.status, 403);
    assert.equal((await app.as('user1').get('/api/v3/auth/whoami')).body['authStrategy'], 'local');
    const target = await signIn('namesake');
    const user = new ScicatUser(app.base, target.searchParams.get('access-token')!);
    const { body } = await user.get('/api/v3/auth/whoami');
    assert.equal(body['username'], 'oidc.namesake');
  });

  it('links accounts by verified e-mail where the facility says so', async () => {
    const linking = await ScicatApp.start({ ...environment(), SIGN_IN_LINKS_ACCOUNTS: 'true' });
    try {
      const own = await linking.as('user1').get('/api/v3/auth/whoami');
      const target = await signIn('thief', '', linking.base);
      assert.equal(target.searchParams.get('user-id'), own.body['_id']);
      const browser = new Browser();
      const unverified = await browser.open(await comeBack(browser, 'unverified', '', linking.base));
      assert.equal(unverified.status, 403);
    } finally {
      await linking.stop();
    }
  });

  it('counts an address only when the provider calls it verified, or the facility says that all are', async () => {
    const browser = new Browser();
    const refused = await browser.open(await comeBack(browser, 'silent'));
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /email_verified/);
    assert.equal(await app.collection('User').countDocuments({ email: 'silent@provider.example' }), 0);
    const trusting = await ScicatApp.start({ ...environment(), OIDC_EMAILS_ARE_VERIFIED: 'true' });
    try {
      const target = await signIn('silent', '', trusting.base);
      const user = new ScicatUser(trusting.base, target.searchParams.get('access-token')!);
      assert.equal((await user.get('/api/v3/auth/whoami')).body['email'], 'silent@provider.example');
    } finally {
      await trusting.stop();
    }
  });

  it('names the address of leaving at the sign-out of its people only', async () => {
    const target = await signIn('carla');
    const user = new ScicatUser(app.base, target.searchParams.get('access-token')!);
    const { body } = await user.post('/api/v3/auth/logout');
    assert.match(String(body['logoutURL']), new RegExp(`^${provider.issuer}/`));
    assert.equal((await user.get('/api/v3/auth/whoami')).text, '');
  });

  it('takes an id token that a client got by itself, and no other token', async () => {
    const idToken = await idTokenOf('carla');
    const { status, body } = await app.anonymous.post('/api/v3/auth/oidc/token', { idToken });
    assert.equal(status, 201, JSON.stringify(body));
    const user = new ScicatUser(app.base, String(body['access_token']));
    assert.equal((await user.get('/api/v3/auth/whoami')).body['username'], 'user-carla');
    const [head, payload] = idToken.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const token of ['x', `${head}.${payload}.AAAA`, unsigned, String(app.as('admin').token)])
      assert.equal((await app.anonymous.post('/api/v3/auth/oidc/token', { idToken: token })).status, 401);
    for (const odd of [{}, { idToken: 1 }, { idToken: [idToken] }])
      assert.equal((await app.anonymous.post('/api/v3/auth/oidc/token', odd)).status, 400);
  });

  /** A client of its own: signs in with the provider's code flow, without Catena. */
  async function idTokenOf(sub: string): Promise<string> {
    const browser = new Browser();
    const verifier = 'v'.repeat(50);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      scope: 'openid profile email',
      redirect_uri: callback,
      code_challenge: Buffer.from(digest).toString('base64url'),
      code_challenge_method: 'S256',
    });
    const back = await provider.signIn(browser, `${provider.issuer}/auth?${query}`, sub, callback);
    const response = await fetch(`${provider.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: new URL(back).searchParams.get('code')!,
        redirect_uri: callback,
        code_verifier: verifier,
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    return ((await response.json()) as { id_token: string }).id_token;
  }

  it('says 503 while the provider does not answer', async () => {
    const away = await ScicatApp.start({ ...environment(), OIDC_ISSUER: 'http://127.0.0.1:1' });
    try {
      assert.equal((await begin(new Browser(), '', away.base)).status, 503);
    } finally {
      await away.stop();
    }
  });
});
