import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Browser, clientId, clientSecret, IdentityProvider } from '../scicat/support/identity-provider.js';
import type { ConsolePage } from './support/console-page.js';
import { ConsoleScene } from './support/console-scene.js';

/** Addresses as the provider and catalog-api know them: the test carries the browser from there to the ports that were free. */
const callback = 'http://catena.example/api/v3/auth/oidc/callback';
const done = 'http://127.0.0.1:3006/console/sign-in/oidc/done';

describe('Sign-in at the provider, through the console', () => {
  let provider: IdentityProvider;
  let scene: ConsoleScene;
  before(async () => {
    const carla = {
      sub: 'carla',
      name: 'Carla',
      preferred_username: 'carla',
      email: 'c@example.org',
      email_verified: true,
    };
    provider = await IdentityProvider.start([carla], [callback]);
    scene = await ConsoleScene.start({
      console: { CONSOLE_SIGN_IN: 'local,oidc' },
      catalogue: {
        ...{ OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret },
        ...{ OIDC_CALLBACK_URL: callback, OIDC_SUCCESS_URL: 'http://frontend.example/login' },
        OIDC_CONSOLE_SUCCESS_URL: done,
      },
    });
  });
  after(async () => {
    await scene.stop();
    await provider.stop();
  });

  const begin = (page: ConsolePage, returnTo = '/console/jobs/x') =>
    page.get(`/console/sign-in/oidc?returnTo=${encodeURIComponent(returnTo)}`);
  /** From the console's redirect to the address with the code, at which catalog-api leaves the browser. */
  const signedIn = async (address: string): Promise<URL> => {
    const browser = new Browser();
    const started = await browser.open(address);
    assert.equal(started.status, 302, await started.text());
    const left = await provider.signIn(browser, started.headers.get('location') ?? '', 'carla', callback);
    const back = await browser.open(left.replace('http://catena.example', scene.gate.url));
    assert.equal(back.status, 302, await back.text());
    return new URL(back.headers.get('location') ?? '');
  };

  it('begins a session where it was begun, and leads back to the page', async () => {
    const page = await scene.page();
    const started = await begin(page, '/console/jobs/x?tab=parts');
    const location = started.headers.get('location') ?? '';
    assert.ok(
      location.startsWith(`${scene.gate.url}/api/v3/auth/oidc?client=console&response=code&challenge=`),
      location,
    );
    assert.match(
      started.headers.get('set-cookie') ?? '',
      /Path=\/console\/sign-in\/oidc; Max-Age=600; HttpOnly; SameSite=Lax$/,
    );
    const back = await signedIn(location);
    assert.equal(`${back.origin}${back.pathname}`, done);
    assert.deepEqual([...back.searchParams.keys()].sort(), ['code', 'state'], 'no token in an address');
    const finished = await page.get(`${back.pathname}${back.search}`);
    assert.deepEqual([finished.status, finished.headers.get('location')], [302, '/console/jobs/x?tab=parts']);
    const session = await page.get('/console/api/session');
    assert.equal(session.body['username'], 'carla');
    assert.deepEqual([...page.cookies.keys()], ['catena_console']);
    assert.ok(![...page.seen, ...scene.log].join().includes('eyJhbGciOiJIUzI1NiI'));
    // Once.
    const again = await page.get(`${back.pathname}${back.search}`);
    assert.equal(again.headers.get('location'), '/console?fault=console.sign-in-refused');
  });

  it('signs nobody in who follows the address of another person’s sign-in', async () => {
    const attacker = await scene.page();
    const back = await signedIn((await begin(attacker)).headers.get('location') ?? '');
    const victim = await scene.page();
    const refused = await victim.get(`${back.pathname}${back.search}`);
    assert.equal(refused.headers.get('location'), '/console?fault=console.sign-in-refused');
    assert.equal(victim.cookies.size, 0);
    // With a sign-in of the victim's own under way: its verifier does not fit the code.
    const own = new URL((await begin(victim)).headers.get('location') ?? '').searchParams.get('state') ?? '';
    const forged = new URLSearchParams({ code: back.searchParams.get('code') ?? '', state: own });
    const mixed = await victim.get(`${back.pathname}?${forged.toString()}`);
    assert.equal(mixed.headers.get('location'), '/console?fault=console.sign-in-refused');
    assert.equal((await victim.get('/console/api/session')).status, 401);
  });

  it('leads nowhere else', async () => {
    const page = await scene.page();
    const back = await signedIn(
      (await begin(page, 'https://evil.example/console')).headers.get('location') ?? '',
    );
    assert.equal((await page.get(`${back.pathname}${back.search}`)).headers.get('location'), '/console');
  });

  it('gives the console no token in an address, and codes only for half a minute with their verifier', async () => {
    const { anonymous } = scene.catalogue;
    const base = '/api/v3/auth/oidc?client=console';
    for (const odd of [
      '',
      '&response=token',
      '&response=code',
      '&response=code&challenge=short',
      '&response=x',
    ])
      assert.equal((await anonymous.get(`${base}${odd}`)).status, 400, odd);
    const redeem = (body: object) => anonymous.post('/api/v3/auth/oidc/redeem', body);
    const text = 'x'.repeat(43);
    assert.equal((await redeem({ code: text, verifier: text })).status, 401);
    assert.equal((await redeem({ code: text })).status, 400);
    assert.equal((await redeem({ code: 'x', verifier: text })).status, 400);
    const page = await scene.page();
    const back = await signedIn((await begin(page)).headers.get('location') ?? '');
    const codes = scene.catalogue.collection('catena_sign_in_codes');
    const [stored] = await codes.find({}).toArray();
    assert.notEqual(stored?._id, back.searchParams.get('code'), 'the database keeps digests');
    await codes.updateMany({}, { $set: { expiresAt: new Date(0) } });
    const late = await page.get(`${back.pathname}${back.search}`);
    assert.equal(late.headers.get('location'), '/console?fault=console.sign-in-refused');
  });
});
