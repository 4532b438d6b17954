import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../fuzz/random.js';
import type { Installation } from '../support/installation.js';
import type { Fleet } from './fleet.js';
import type { Mischief } from './monkey.js';

/** What operators and file servers do: for a while only, or an end would never come. */
const longest = 4000;

/** Operators pause targets and routes, lower limits and drain shares, each until a moment that they say at once. */
export function operators(fleet: Fleet, targets: readonly string[], routes: readonly string[]): Mischief[] {
  const scopes = [
    'all',
    ...targets.map((name) => `target:${name}`),
    ...routes.map((name) => `route:${name}`),
  ];
  return [
    {
      weight: 1,
      happen: (chance) => {
        const [scope, lasting] = [chance.pick(scopes), lastingOf(chance)];
        return { deed: `paused ${scope}`, over: tell(fleet, 'job-assembler', 'pauses', { scope, lasting }) };
      },
    },
    {
      weight: 1,
      happen: (chance) => {
        const limit = `${chance.pick(['write', 'read'])}:${chance.pick(targets)}`;
        const limits = { [limit]: chance.below(3) };
        return { deed: `limited ${limit}`, over: setLimits(fleet, { limits, lasting: lastingOf(chance) }) };
      },
    },
    {
      weight: 1,
      happen: (chance) => {
        const [name, mode] = [chance.pick(targets), chance.pick(['pause', 'drain'])];
        const path = `shares/${name}/mode`;
        return {
          deed: `${mode} of share ${name}`,
          over: tell(fleet, 'archiver', path, { mode, lasting: lastingOf(chance) }),
        };
      },
    },
  ];
}

/** A share is not mounted for a while: an empty folder answers in its place, with "no such file" to everything. */
export function unmounting({ shares, directory }: Installation): Mischief {
  const busy = new Set<string>();
  return {
    weight: 1,
    happen: (chance) => {
      const [share, away] = [chance.pick(shares), 500 + chance.below(longest)];
      if (busy.has(share)) return { deed: 'left alone', over: Promise.resolve() };
      busy.add(share);
      const over = unmounted(share, join(directory, 'unmounted'), away).finally(() => busy.delete(share));
      return { deed: `unmounted ${basename(share)}`, over };
    },
  };
}

async function unmounted(share: string, attic: string, away: number): Promise<void> {
  const [right, wrong] = [join(attic, basename(share)), join(attic, `${basename(share)}-empty`)];
  await mkdir(attic, { recursive: true });
  await rename(share, right);
  await mkdir(share, { recursive: true });
  await sleep(away);
  // Somebody may make folders at the moment when nothing is mounted at all.
  for (;;) {
    await rename(share, wrong).catch(() => undefined);
    await rm(wrong, { recursive: true, force: true });
    const isBack = await rename(right, join(dirname(share), basename(share))).then(
      () => true,
      () => false,
    );
    if (isBack) return;
  }
}

function lastingOf(chance: Chance): number {
  return 2000 + chance.below(longest);
}

/** What is said, and for how many milliseconds it shall hold. */
interface Word {
  readonly lasting: number;
  readonly [field: string]: unknown;
}

async function setLimits(fleet: Fleet, body: Word): Promise<void> {
  const read = await ask(fleet, 'job-assembler', 'limits', { method: 'GET' });
  const version = read?.headers.get('etag');
  if (version === undefined || version === null) return;
  await ask(fleet, 'job-assembler', 'limits', { method: 'PUT', body, headers: { 'if-match': version } });
}

async function tell(fleet: Fleet, app: Door, path: string, body: Word): Promise<void> {
  await ask(fleet, app, path, { method: 'POST', body });
}

type Door = 'job-assembler' | 'archiver';

/** Through whichever process answers. A refusal (somebody paused it before) is as good as an answer that was lost. */
async function ask(
  { members, installation }: Fleet,
  app: Door,
  path: string,
  { method, body, headers = {} }: { method: string; body?: Word; headers?: Record<string, string> },
): Promise<Response | undefined> {
  const token = installation.settings.secrets.operationsTokens[app];
  for (const { url } of members.filter((member) => member.app === app)) {
    const answer = await fetch(`${url}/api/v4/operations/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: textOf(body) }),
      signal: AbortSignal.timeout(3000),
    }).catch(() => undefined);
    if (answer !== undefined && answer.status < 500) {
      if (answer.status === 400 || answer.status === 404)
        throw new Error(`${method} ${app} ${path}: ${answer.status} ${await answer.text()}`);
      return answer;
    }
  }
  return undefined;
}

function textOf({ lasting, ...said }: Word): string {
  const until = new Date(Date.now() + lasting).toISOString();
  return JSON.stringify({ by: 'chaos', reason: 'a story is told', until, ...said });
}
