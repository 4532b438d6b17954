import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { CommandLine, type Ended } from '../support/command-line.js';
import {
  Browser,
  clientId,
  clientSecret,
  IdentityProvider,
  nativeClientId,
  type ProviderPerson,
} from './support/identity-provider.js';
import { ScicatApp } from './support/scicat-app.js';

const person = (sub: string): ProviderPerson => ({
  sub,
  name: `Person ${sub}`,
  preferred_username: `user-${sub}`,
  email: `${sub}@provider.example`,
  email_verified: true,
  groups: ['beamline'],
});
const people = [person('carla'), person('dora')];
const nobody = { BROWSER: process.execPath };

/** People of the facility at their own machines; the provider is a real one, and tells about people only when asked. */
describe('The command line and an identity provider', () => {
  let provider: IdentityProvider;
  let app: ScicatApp;
  let shell: CommandLine;
  const environment = (): Record<string, string> => ({
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: clientId,
    OIDC_CLIENT_SECRET: clientSecret,
    OIDC_CALLBACK_URL: 'http://catena.example/api/v3/auth/oidc/callback',
    OIDC_SUCCESS_URL: 'http://frontend.example/login',
    OIDC_COMMAND_LINE_CLIENT_ID: nativeClientId,
    ACCESS_GROUPS_OIDCPAYLOAD_ENABLED: 'true',
    OIDC_ACCESS_GROUPS_PROPERTY: 'groups',
  });
  before(async () => {
    provider = await IdentityProvider.start(people, ['http://catena.example/api/v3/auth/oidc/callback'], {
      tellsInIdTokens: false,
    });
    app = await ScicatApp.start(environment());
  });
  after(async () => {
    await app?.stop();
    await provider.stop();
  });
  beforeEach(async () => {
    shell = await CommandLine.create(app.base);
  });
  afterEach(() => shell.remove());

  /** Begins a command, and acts as soon as it has named an address of the provider. */
  async function during(
    parameters: readonly string[],
    act: (address: string) => Promise<unknown>,
    named: RegExp,
  ): Promise<Ended> {
    const { child, ended } = shell.begin(parameters, nobody);
    let said = '';
    let acting: Promise<unknown> | undefined;
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const address = acting === undefined ? named.exec(said)?.[1] : undefined;
      if (address !== undefined) acting = act(address);
    });
    const result = await ended;
    await acting;
    return result;
  }
  const withBrowser = (act: (address: string) => Promise<unknown>, more: readonly string[] = []) =>
    during([...more, 'login', '--browser'], act, /if it does not, open (\S+)\n/);
  const withDevice = (act: (address: string) => Promise<unknown>) =>
    during(['login', '--device'], act, /or open (\S+) and compare/);

  /** Goes to the provider's pages, and then to where the provider sends the browser. */
  async function signInThere(address: string, sub: string): Promise<Response> {
    const browser = new Browser();
    return fetch(
      await provider.signIn(browser, address, sub, 'http://127.0.0.1:'.concat(loopbackPort(address))),
    );
  }
  const redirectOf = (address: string): URL =>
    new URL(new URL(address).searchParams.get('redirect_uri') ?? '');
  const loopbackPort = (address: string): string => redirectOf(address).port;

  it('signs in with the browser of this machine, with PKCE and an address of the loopback interface', async () => {
    let answer: Response | undefined;
    const ended = await withBrowser(async (address) => {
      const { searchParams } = new URL(address);
      assert.equal(searchParams.get('code_challenge_method'), 'S256');
      assert.equal(searchParams.get('client_id'), nativeClientId);
      for (const name of ['state', 'nonce', 'code_challenge']) assert.ok(searchParams.get(name), name);
      assert.equal(redirectOf(address).hostname, '127.0.0.1');
      answer = await signInThere(address, 'carla');
    });
    assertCode(ended, 0);
    assert.equal(answer?.status, 200);
    assert.match(ended.stdout, /as user-carla until/);

    const who = await shell.run(['whoami', '--json']);
    assertCode(who, 0);
    const { username, groups } = JSON.parse(who.stdout) as { username: string; groups: string[] };
    assert.deepEqual([username, groups], ['user-carla', ['beamline']]);
  });

  it('keeps Catena’s token alone, readable by its owner alone, and nothing of the provider', async () => {
    assertCode(await withBrowser((address) => signInThere(address, 'carla')), 0);
    const folder = join(shell.home, '.config', 'catena');
    assert.deepEqual(await readdir(folder), ['session.json']);
    const file = join(folder, 'session.json');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    assert.deepEqual(Object.keys(kept).sort(), ['expiresAt', 'token', 'url', 'username']);
  });

  it('takes no answer without the state of this sign-in, and goes on waiting for its own', async () => {
    const ended = await withBrowser(async (address) => {
      const { origin } = redirectOf(address);
      for (const path of ['/callback?code=stolen&state=forged', '/callback', '/', '/callback/x?state=1'])
        assert.equal((await fetch(`${origin}${path}`)).status, 404, path);
      const posted = await fetch(`${origin}/callback?${new URL(address).searchParams}`, { method: 'POST' });
      assert.equal(posted.status, 404);
      assert.equal((await signInThere(address, 'carla')).status, 200);
    });
    assertCode(ended, 0);
  });

  it('says who refused when the person does, and keeps nothing', async () => {
    const ended = await withBrowser((address) => {
      const state = new URL(address).searchParams.get('state');
      return fetch(`${redirectOf(address).href}?error=access_denied&state=${state}&iss=${provider.issuer}`);
    });
    assertCode(ended, 3);
    assert.match(ended.stderr, /refused/);
    assertCode(await shell.run(['whoami']), 3);
  });

  it('signs in with a code on another device, and asks until the person has answered', async () => {
    const ended = await withDevice((address) => provider.answerDevice(address, 'dora', 'confirm'));
    assertCode(ended, 0);
    assert.match(ended.stderr, /type the code [A-Z-]{8,}/);
    assert.match(ended.stdout, /as user-dora until/);
  });

  it('ends with code 3 when the person presses abort on the other device', async () => {
    const ended = await withDevice((address) => provider.answerDevice(address, 'dora', 'abort'));
    assertCode(ended, 3);
    assert.match(ended.stderr, /refused/);
  });

  it('can be interrupted while it waits for the person', async () => {
    const { child, ended } = shell.begin(['login', '--device'], nobody);
    child.stderr?.once('data', () => child.kill('SIGINT'));
    assertCode(await ended, 130);
  });

  it('has a session for each profile, and signs out of one without touching the other', async () => {
    assertCode(await withBrowser((address) => signInThere(address, 'carla')), 0);
    assertCode(await withBrowser((address) => signInThere(address, 'dora'), ['--profile', 'lab']), 0);
    const token = await tokenOf('session-lab.json');
    const left = await shell.run(['--profile', 'lab', 'logout']);
    assertCode(left, 0);
    assert.match(left.stdout, new RegExp(`leave the identity provider, too, open ${provider.issuer}/`));
    assertCode(await shell.run(['--profile', 'lab', 'whoami']), 3);
    const stale = await shell.run(['whoami'], { CATENA_TOKEN: token });
    assertCode(stale, 3);
    const other = await shell.run(['whoami']);
    assertCode(other, 0);
    assert.match(other.stdout, /user-carla/);
  });

  async function tokenOf(name: string): Promise<string> {
    const text = await readFile(join(shell.home, '.config', 'catena', name), 'utf8');
    return (JSON.parse(text) as { token: string }).token;
  }

  it('keeps a session that its server could not be asked to end, and asks no other server', async () => {
    assertCode(await withBrowser((address) => signInThere(address, 'carla')), 0);
    const file = join(shell.home, '.config', 'catena', 'session.json');
    const session = JSON.parse(await readFile(file, 'utf8')) as { url: string };
    await writeFile(file, JSON.stringify({ ...session, url: 'http://127.0.0.1:1' }));
    assertCode(await shell.run(['logout']), 4);
    await writeFile(file, JSON.stringify(session));
    assertCode(await shell.run(['whoami']), 0);
    assertCode(await shell.run(['logout'], { CATENA_URL: 'http://127.0.0.1:1' }), 0);
    assertCode(await shell.run(['whoami']), 3);
    assertCode(await shell.run(['logout']), 0);
  });

  it('hears what to do where an operator named no client for command lines', async () => {
    const { OIDC_COMMAND_LINE_CLIENT_ID: _, ...without } = environment();
    const other = await ScicatApp.start(without);
    try {
      const ended = await shell.run(['login', '--browser', '--url', other.base], nobody);
      assertCode(ended, 2);
      assert.match(ended.stderr, /OIDC_COMMAND_LINE_CLIENT_ID/);
    } finally {
      await other.stop();
    }
  });

  it('is not served with tokens of two different people, or one that was made for somebody else', async () => {
    const { body } = await app.anonymous.get('/api/v3/auth/oidc/command-line');
    assert.deepEqual(body, {
      ...{ issuer: provider.issuer, clientId: nativeClientId, scope: 'openid profile email' },
    });
    const [carla, dora] = [await tokensOf('carla'), await tokensOf('dora')];
    const mixed = { idToken: carla.id_token, accessToken: dora.access_token };
    assert.equal((await app.anonymous.post('/api/v3/auth/oidc/token', mixed)).status, 401);
    const rubbish = { idToken: carla.id_token, accessToken: 'rubbish' };
    assert.equal((await app.anonymous.post('/api/v3/auth/oidc/token', rubbish)).status, 401);
    const { status } = await app.anonymous.post('/api/v3/auth/oidc/token', {
      ...{ idToken: carla.id_token, accessToken: carla.access_token },
    });
    assert.equal(status, 201);
  });

  it('is served with tokens that were made for a client of this installation only', async () => {
    assertCode(await withBrowser((address) => signInThere(address, 'carla')), 0);
    const statusOf = async (claims: object): Promise<number> => {
      const idToken = await provider.idToken({ sub: 'carla', ...claims });
      return (await app.anonymous.post('/api/v3/auth/oidc/token', { idToken })).status;
    };
    const both = [nativeClientId, 'another-client'];
    assert.equal(await statusOf({ aud: nativeClientId }), 201);
    assert.equal(await statusOf({ aud: both, azp: nativeClientId }), 201);
    assert.equal(await statusOf({ aud: both, azp: 'another-client' }), 401);
    assert.equal(await statusOf({ aud: 'another-client' }), 401);
    assert.equal(await statusOf({ aud: nativeClientId, iss: 'https://elsewhere.example' }), 401);
  });

  /** As a client of one's own would get them. */
  async function tokensOf(sub: string): Promise<{ id_token: string; access_token: string }> {
    const verifier = 'v'.repeat(50);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const redirect_uri = 'http://127.0.0.1:1/callback';
    const query = new URLSearchParams({
      ...{ client_id: nativeClientId, response_type: 'code', scope: 'openid profile email', redirect_uri },
      code_challenge: Buffer.from(digest).toString('base64url'),
      code_challenge_method: 'S256',
    });
    const back = await provider.signIn(new Browser(), `${provider.issuer}/auth?${query}`, sub, redirect_uri);
    const response = await fetch(`${provider.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{
          grant_type: 'authorization_code',
          redirect_uri,
          code_verifier: verifier,
          client_id: nativeClientId,
        },
        code: new URL(back).searchParams.get('code') ?? '',
      }),
    });
    return (await response.json()) as { id_token: string; access_token: string };
  }
});

function assertCode(ended: Ended, code: number): void {
  assert.equal(ended.code, code, `${ended.stderr}\n${ended.stdout}`);
}
