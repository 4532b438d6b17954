import { Failure } from '#command-line';
import { bytesFrom, CatenaError, durationFrom, type Environment } from '#kernel';

/** As they stand on the command line. */
export interface CheckWorkerOptions {
  readonly prefix?: string;
  readonly account?: string;
  readonly listen?: string;
  readonly reachedAt?: string;
  readonly size?: string;
  readonly patience?: string;
  readonly progressWithin?: string;
  readonly damageCommand?: string;
  readonly restartCommand?: string;
}

export interface CheckWorkerSettings {
  readonly target: string;
  readonly brokerUrl: string;
  readonly prefix: string;
  readonly account: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly reachedAt: string | undefined;
  readonly contentSize: number;
  readonly patience: number;
  readonly progressWithin: number;
  /** Administrator's address of the management plugin. */
  readonly management: URL | undefined;
  readonly virtualHost: string;
}

const maxContentSize = 2 ** 28;

/** @throws Failure `usage`, also for a prefix that an installation has: its job-assembler would hear the worker's events */
export function settingsFrom(
  target: string,
  options: CheckWorkerOptions,
  environment: Environment,
): CheckWorkerSettings {
  const { prefix = 'catena-check', listen = '127.0.0.1:0' } = options;
  expectUsage(/^[a-z0-9-]{1,40}$/.test(target), 'a target of 1 to 40 small letters, digits and -', target);
  expectUsage(/^[a-z0-9-]{1,40}$/.test(prefix), '--prefix of 1 to 40 small letters, digits and -', prefix);
  const installation = environment['CATENA_PREFIX'] ?? 'catena';
  if (prefix === installation || prefix === 'catena')
    throw new Failure(
      'usage',
      `Expected --prefix to be one that no installation has, found ${prefix}. The check plays job-assembler: at an installation's prefix its orders would be mixed with real ones. Leave --prefix out, and start the worker with CATENA_PREFIX=catena-check and a folder of its own.`,
    );
  const brokerUrl = environment['RABBITMQ_URL'] ?? '';
  expectUsage(/^amqps?:\/\/.+/.test(brokerUrl), 'RABBITMQ_URL with the address of the broker', 'none');
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(listen) ?? [];
  expectUsage(host !== '', '--listen as HOST:PORT (port 0: any)', listen);
  const { reachedAt } = options;
  expectUsage(
    reachedAt === undefined || /^https?:\/\/[^/]+/.test(reachedAt),
    '--reached-at as http://HOST:PORT',
    reachedAt ?? '',
  );
  const management = environment['RABBITMQ_MANAGEMENT_URL'] ?? '';
  expectUsage(
    management === '' || URL.canParse(management),
    'RABBITMQ_MANAGEMENT_URL to be an address',
    'another text',
  );
  const contentSize = parsed('--size', options.size ?? '1MiB', bytesFrom);
  expectUsage(
    contentSize >= 65_536 && contentSize <= maxContentSize,
    '--size of 64KiB to 256MiB',
    options.size ?? '',
  );
  return {
    ...{ target, brokerUrl, prefix, reachedAt, contentSize },
    account: options.account,
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port),
    patience: parsed('--patience', options.patience ?? '60s', durationFrom),
    progressWithin: parsed('--progress-within', options.progressWithin ?? '15s', durationFrom),
    virtualHost: environment['RABBITMQ_VHOST'] ?? '/',
    management: management === '' ? undefined : new URL(management),
  };
}

function parsed(option: string, text: string, parse: (text: string) => number): number {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof CatenaError)) throw error;
    throw new Failure('usage', `${option}: ${error.message}`, error);
  }
}

function expectUsage(isSo: boolean, expected: string, found: string): void {
  if (!isSo) throw new Failure('usage', `Expected ${expected}; found ${found}.`);
}
