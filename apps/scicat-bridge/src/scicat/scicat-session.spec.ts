import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CatenaError, ManualClock } from '#kernel';
import { ScicatSession, type SessionLimits } from './scicat-session.js';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

const ask = { method: 'GET', path: '/api/v3/datasets/p' } as const;
const html = '<!DOCTYPE html><html><body>Bad gateway</body></html>';
const password = 'top "secret"';

describe('A session of SciCat', () => {
  let signIns: string[];
  let calls: (string | undefined)[];
  let login: Handle;
  let answer: Handle;
  let clock: ManualClock;
  let url = '';
  const server = createServer((request, response) => {
    if (request.url !== '/api/v3/auth/login') {
      calls.push(request.headers.authorization);
      return answer(request, response);
    }
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      signIns.push(text);
      login(request, response);
    });
  });
  const json =
    (status: number, body: unknown, headers = {}): Handle =>
    (_, response) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(body));
  const raw =
    (status: number, text: string, headers = {}): Handle =>
    (_, response) =>
      response.writeHead(status, headers).end(text);
  const session = (limits: SessionLimits = {}): ScicatSession =>
    new ScicatSession({ url, username: 'bridge', password }, clock, { patience: 10_000, ...limits });
  const signedIn =
    (body: object): Handle =>
    (request, response) =>
      json(201, { access_token: `token-${signIns.length}`, ...body })(request, response);

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    [signIns, calls, clock] = [[], [], new ManualClock()];
    login = signedIn({ expires_in: 3600 });
    answer = json(200, { a: 1 });
  });

  describe('signs in', () => {
    it('once, however many calls wait for it', async () => {
      const { call } = bound(session());
      const answers = await Promise.all(Array.from({ length: 30 }, () => call(ask)));
      assert.deepEqual(answers[29], { status: 200, body: { a: 1 }, told: '{"a":1}' });
      assert.equal(signIns.length, 1);
      assert.deepEqual(JSON.parse(signIns[0] ?? ''), { username: 'bridge', password });
      assert.deepEqual(new Set(calls), new Set(['Bearer token-1']));
    });

    it('again before its token runs out, by what the answer or the token say', async () => {
      const payload = Buffer.from(JSON.stringify({ iat: 5000, exp: 5600 })).toString('base64url');
      for (const [body, seconds] of [
        [{ expires_in: 600 }, 600],
        [{ ttl: 600 }, 600],
        [{ expires_in: '600' }, 600],
        [{ expires_in: 3600, ttl: 600 }, 600],
        [{ access_token: `head.${payload}.sign`, expires_in: 9999 }, 600],
        [{ access_token: `head.${payload}.sign` }, 600],
        [{ access_token: 'no.token.of-this-kind' }, 600],
        [{ expires_in: -1 }, 600],
        [{ expires_in: 10 }, 10],
      ] as const) {
        signIns = [];
        login = signedIn(body);
        const { call } = bound(session());
        await call(ask);
        clock.advance(seconds * 500);
        await call(ask);
        assert.equal(signIns.length, 1, JSON.stringify(body));
        clock.advance(seconds * 450);
        await call(ask);
        assert.equal(signIns.length, 2, JSON.stringify(body));
      }
    });

    it('again once when its token is refused in the middle, and all that were refused share it', async () => {
      answer = (request, response) =>
        request.headers.authorization === 'Bearer token-1' && calls.length > 1
          ? json(calls.length % 2 === 0 ? 401 : 403, { message: 'Forbidden resource' })(request, response)
          : json(200, { a: 1 })(request, response);
      const { call } = bound(session());
      await call(ask);
      clock.advance(10_000);
      const answers = await Promise.all(Array.from({ length: 10 }, () => call(ask)));
      assert.equal(answers.length, 10);
      assert.equal(signIns.length, 2);
    });

    it('no third time where the account is not allowed to do it, and not while its token is fresh', async () => {
      for (const status of [401, 403]) {
        [signIns, calls] = [[], []];
        const { call } = bound(session());
        answer = json(status, { message: 'Forbidden resource' });
        const missing = { code: 'scicat.rights', retriable: true, details: { status } };
        await assert.rejects(call(ask), missing);
        clock.advance(9_999);
        await assert.rejects(call(ask), missing);
        assert.deepEqual([signIns.length, calls.length], [1, 2]);
        clock.advance(1);
        await assert.rejects(call(ask), missing);
        assert.deepEqual([signIns.length, calls.length], [2, 4]);
      }
    });

    it('afresh after an empty answer where one belongs, as SciCat gives it to nobody', async () => {
      const { call } = bound(session());
      answer = raw(200, '');
      await assert.rejects(call(ask), { code: 'scicat.away' });
      assert.deepEqual(await call({ ...ask, mayBeEmpty: true }), { status: 200, body: undefined, told: '' });
      assert.equal(signIns.length, 2);
    });

    it('not with an account that is refused, and says so until it is let in', async () => {
      for (const status of [400, 401, 403, 404]) {
        login = json(status, { message: `no, ${password}` });
        const { call } = bound(session());
        await assert.rejects(call(ask), { code: 'scicat.login', retriable: true, details: { status } });
        login = signedIn({});
        const before = signIns.length;
        clock.advance(9_999);
        await assert.rejects(call(ask), { code: 'scicat.login' });
        assert.equal(signIns.length, before);
        clock.advance(1);
        assert.equal((await call(ask)).status, 200);
      }
    });

    it('without waiting for a clock that was set back', async () => {
      const { call } = bound(session());
      await call(ask);
      clock.advance(-3_600_000);
      await call(ask);
      assert.equal(signIns.length, 2);
      answer = json(503, {}, { 'retry-after': '60' });
      await assert.rejects(call(ask), { code: 'scicat.away' });
      clock.advance(-3_600_000);
      [login, answer] = [json(401, {}), json(200, {})];
      await assert.rejects(call(ask), { code: 'scicat.login' });
      clock.advance(-3_600_000);
      login = signedIn({});
      await call(ask);
      assert.equal(signIns.length, 4);
    });

    it('not by an answer that is none', async () => {
      for (const odd of [
        ...[
          raw(200, html, { 'content-type': 'text/html' }),
          raw(401, html),
          raw(201, ''),
          raw(503, ''),
          raw(302, ''),
        ],
        ...[json(201, {}), json(201, []), json(201, null), json(201, { access_token: 7 })],
        ...[
          json(201, { access_token: '' }),
          json(201, { access_token: 'a\nb' }),
          json(429, { message: 'slow down' }),
        ],
      ]) {
        login = odd;
        await assert.rejects(session().call(ask), { code: 'scicat.away', retriable: true, away: true });
      }
      assert.deepEqual(calls, []);
    });
  });

  describe('finds SciCat away', () => {
    for (const [name, handle] of [
      ['at a 500', json(500, 'Internal server error')],
      ['at a 502 in HTML', raw(502, html)],
      ['at a 408', json(408, { message: 'Request Timeout' })],
      ['at HTML with 200', raw(200, html, { 'content-type': 'text/html' })],
      ['at HTML with 404', raw(404, html)],
      ['at HTML with 403', raw(403, html)],
      ['at half an answer in JSON', raw(200, '{"a":')],
      ['at a redirect, whatever it says', raw(302, '{}', { location: '/elsewhere' })],
      [
        'at a redirect, wherever it leads',
        (request, response) =>
          (request.url === '/elsewhere' ? json(200, {}) : raw(307, '', { location: '/elsewhere' }))(
            request,
            response,
          ),
      ],
      ['at a connection that is reset', (request) => void request.socket.destroy()],
      [
        'at a connection that is reset in the middle of an answer',
        (_, response) => {
          response.writeHead(200, { 'content-length': '1000' });
          response.write('{"a":', () => response.socket?.resetAndDestroy());
        },
      ],
      ['at what is no HTTP', (request) => void request.socket.end('SSH-2.0-OpenSSH\r\n')],
    ] as const satisfies readonly (readonly [string, Handle])[])
      it(name, async () => {
        answer = handle;
        await assert.rejects(session().call(ask), { code: 'scicat.away', retriable: true, away: true });
      });

    it('at silence, and at an answer that drips for ever', async () => {
      const { call } = bound(session({ patience: 300 }));
      answer = () => undefined;
      await assert.rejects(call(ask), { code: 'scicat.away', message: /within 300 ms/ });
      answer = (_, response) => {
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      };
      await assert.rejects(call(ask), { code: 'scicat.away', message: /within 300 ms/ });
      login = () => undefined;
      await assert.rejects(session({ patience: 300 }).call(ask), { code: 'scicat.away' });
    });

    it('where nothing listens', async () => {
      const nobody = new ScicatSession({ url: 'http://127.0.0.1:1', username: 'a', password: 'b' }, clock);
      await assert.rejects(nobody.call(ask), { code: 'scicat.away' });
    });

    it('for as long as SciCat asks not to be called, but for no longer than a minute', async () => {
      for (const [header, pause] of [
        ['20', 20_000],
        [new Date(clock.now().getTime() + 120_000).toUTCString(), 60_000],
      ] as const) {
        clock = new ManualClock();
        const { call } = bound(session());
        answer = json(429, { message: 'Too Many Requests' }, { 'retry-after': header });
        await assert.rejects(call(ask), { code: 'scicat.away' });
        answer = json(200, { a: 1 });
        const before = calls.length;
        clock.advance(pause - 1);
        await assert.rejects(call(ask), { code: 'scicat.away' });
        assert.equal(calls.length, before);
        clock.advance(1);
        await call(ask);
      }
      const { call } = bound(session());
      for (const header of ['0', 'soon', '-1']) {
        answer = json(503, { message: 'x' }, { 'retry-after': header });
        await assert.rejects(call(ask), { code: 'scicat.away' });
        answer = json(200, { a: 1 });
        await call(ask);
      }
    });
  });

  it('reads no more than it is allowed to, packed or not', async () => {
    const { call } = bound(session({ maxAnswer: 1000 }));
    answer = json(200, 'x'.repeat(998));
    assert.equal((await call(ask)).status, 200);
    let sent = 0;
    for (const type of ['whole', 'packed', 'endless']) {
      answer = (_, response) => {
        if (type === 'whole') return json(200, 'x'.repeat(999))(_, response);
        if (type === 'packed')
          return void response
            .writeHead(200, { 'content-encoding': 'gzip' })
            .end(gzipSync(JSON.stringify('x'.repeat(100_000))));
        const more = (): void => {
          sent += 65_536;
          if (!response.destroyed && sent < 1e9) response.write('x'.repeat(65_536), more);
        };
        more();
      };
      await assert.rejects(call(ask), { code: 'scicat.too-large', retriable: false });
    }
    assert.ok(sent < 1e8);
  });

  it('hands on refusals of SciCat itself, with what they say', async () => {
    const { call } = bound(session());
    for (const status of [400, 404, 409, 422]) {
      answer = json(status, { message: 'no' });
      assert.deepEqual(await call(ask), { status, body: { message: 'no' }, told: '{"message":"no"}' });
    }
    for (const status of [413, 414, 431]) {
      answer = raw(status, html);
      await assert.rejects(call(ask), { code: 'scicat.refused', retriable: false, details: { status } });
    }
  });

  it('sends what it is given as JSON, below the address it is given', async () => {
    let got: unknown;
    answer = (request, response) => {
      got = [request.method, request.url, request.headers['content-type'], request.headers.accept];
      json(201, {})(request, response);
    };
    const account = { url: `${url.replace('//', '//ada:hidden@')}/`, username: 'bridge', password };
    await new ScicatSession(account, clock).call({ method: 'POST', path: '/api/v3/x', body: '{"b":2}' });
    assert.deepEqual(got, ['POST', '/api/v3/x', 'application/json', 'application/json']);
  });

  it('tells neither its password nor its token, whoever repeats them', async () => {
    const told: string[] = [];
    const repeating: Handle = (request, response) =>
      json(500, { password, authorization: request.headers.authorization })(request, response);
    const telling: Handle = (request, response) =>
      raw(200, `${password} token-${signIns.length}`)(request, response);
    const attempt = async (handle: Handle, at: 'login' | 'answer'): Promise<void> => {
      const account = { url: url.replace('//', '//ada:hidden@'), username: 'bridge', password };
      const limits = { patience: 300, maxAnswer: 5000 };
      if (at === 'login') login = handle;
      else [login, answer] = [signedIn({}), handle];
      const error = await new ScicatSession(account, clock, limits)
        .call(ask)
        .catch((thrown: unknown) => thrown);
      assert.ok(error instanceof CatenaError);
      told.push(JSON.stringify([error.message, error.details, String(error.cause)]));
    };
    for (const at of ['login', 'answer'] as const)
      for (const handle of [repeating, json(401, { password }), telling, () => undefined])
        await attempt(handle, at);
    await attempt(raw(200, 'x'.repeat(9000)), 'answer');
    assert.equal(told.length, 9);
    for (const text of told) {
      for (const secret of ['top ', 'secret', 'hidden', 'token-'])
        assert.equal(text.includes(secret), false, text);
    }
  });
});

function bound(session: ScicatSession): Pick<ScicatSession, 'call'> {
  return { call: (request) => session.call(request) };
}
