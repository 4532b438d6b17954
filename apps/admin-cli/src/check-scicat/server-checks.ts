import { durationText } from '#command-line';
import type { Check, Scene } from './scene.js';
import { missing, ok, warning, type Finding } from './verdict.js';

/** Milliseconds that two clocks may differ. */
const maxDifference = 30_000;

async function answers({ scicat }: Scene): Promise<Finding> {
  const { status, body, text } = await scicat.ask('GET', '/api/v3/health');
  const { statusCode } = (body ?? {}) as { statusCode?: unknown };
  if (status === 404 && statusCode === 404)
    return warning('SciCat answers, and has no /api/v3/health: is it older than 4.5?');
  if (status !== 200 || typeof body !== 'object')
    return missing(
      `GET /api/v3/health answers ${status}, ${text}`,
      'SCICAT_URL=<address of the SciCat backend, without /api>',
    );
  return ok('SciCat answers');
}

async function version({ scicat }: Scene): Promise<Finding> {
  const { body: health } = await scicat.ask('GET', '/api/v3/health');
  const { version: told } = (health ?? {}) as { version?: unknown };
  if (typeof told === 'string') return ok(`version ${told}`);
  // It may be switched off, or be elsewhere: nothing is missing then.
  const document = await scicat.ask('GET', '/explorer-json').catch(() => undefined);
  const { info } = (document?.body ?? {}) as { info?: { version?: unknown } };
  return ok(`version ${typeof info?.version === 'string' ? info.version : 'unknown: SciCat does not say'}`);
}

async function clocks({ scicat, clock }: Scene): Promise<Finding> {
  const before = clock.now().getTime();
  const { date } = await scicat.ask('GET', '/api/v3/health');
  if (date === undefined) return warning('SciCat does not say what time it is there (no Date header)');
  const difference = date - (before + clock.now().getTime()) / 2;
  if (Math.abs(difference) <= maxDifference) return ok('its clock and ours agree');
  return warning(
    `its clock is ${durationText(Math.abs(difference))} ${difference > 0 ? 'ahead of' : 'behind'} ours`,
    'run a time service (NTP) on both machines',
  );
}

export const serverChecks: readonly Check[] = [
  { name: 'answers', after: [], run: answers },
  { name: 'version', after: ['answers'], run: version },
  { name: 'clocks', after: ['answers'], run: clocks },
];
