import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../main.js', import.meta.url));

/** A call as an app got it. */
export interface Heard {
  readonly app: string;
  readonly method: string;
  /** With its query, below `/api/v4/operations/` where it is one of these. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** What an app answers; undefined: as one that has no such call. */
export type Answering = (
  call: Heard,
) => { readonly status?: number; readonly body: unknown; readonly etag?: string } | undefined;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `catena` as a process, and apps that answer as a spec says. */
export class OpsScene {
  readonly heard: Heard[] = [];
  private readonly servers = new Map<string, Server>();
  private folder = '';
  private environment: Record<string, string> = {};

  /** Apps by name; one without an answer is not there. */
  async open(apps: Readonly<Record<string, Answering | undefined>>): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'catena-ops-'));
    const lines: string[] = [];
    for (const [app, answering] of Object.entries(apps)) {
      const url = answering === undefined ? 'http://127.0.0.1:1' : await this.serve(app, answering);
      lines.push(`  - { name: ${app}, url: "${url}", token: token-of-${app} }`);
    }
    const file = join(this.folder, 'apps.yaml');
    await writeFile(file, `apps:\n${lines.join('\n')}\n`);
    this.environment = {
      ...{ PATH: process.env['PATH'] ?? '', HOME: this.folder, OPERATIONS_APPS_FILE: file },
      CATENA_URL: 'http://127.0.0.1:1',
    };
  }

  /** The catalogue as people see it: it knows the token `of-anna`. */
  signIn(app: string): void {
    const { port } = this.servers.get(app)!.address() as AddressInfo;
    this.environment = {
      ...this.environment,
      CATENA_URL: `http://127.0.0.1:${port}`,
      CATENA_TOKEN: 'of-anna',
    };
  }

  async close(): Promise<void> {
    for (const server of this.servers.values()) {
      server.closeAllConnections();
      server.close();
    }
    if (this.folder !== '') await rm(this.folder, { recursive: true });
  }

  catena(...parameters: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [main, ...parameters],
        { env: this.environment, encoding: 'utf8' },
        (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
      child.stdin?.end();
    });
  }

  /** What was asked for beside who is signed in. */
  calls(): string[] {
    return this.heard
      .filter(({ path }) => !path.includes('whoami'))
      .map(({ app, method, path }) => `${app} ${method} ${path}`);
  }

  private async serve(app: string, answering: Answering): Promise<string> {
    const server = createServer((request, response) => {
      void (async () => {
        const hasBody = Number(request.headers['content-length'] ?? 0) > 0;
        const path = (request.url ?? '').replace('/api/v4/operations/', '');
        const call: Heard = {
          ...{ app, method: request.method ?? '', path, headers: request.headers },
          body: hasBody ? await json(request) : undefined,
        };
        this.heard.push(call);
        const {
          status = 200,
          body,
          etag,
        } = answering(call) ?? {
          status: 404,
          body: { message: `Cannot ${call.method} ${request.url}` },
        };
        response.writeHead(status, {
          'content-type': 'application/json',
          ...(etag === undefined ? {} : { etag }),
        });
        response.end(JSON.stringify(body));
      })();
    });
    this.servers.set(app, server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}

/** What is answered to calls that begin so. */
export function table(answers: Readonly<Record<string, unknown>>): Answering {
  return ({ method, path }) => {
    const found = Object.entries(answers).find(([call]) => `${method} ${path}`.startsWith(call));
    return found === undefined ? undefined : { body: found[1] };
  };
}
