import { appNames, type AppName } from '#contracts';
import { configurationFrom, durationFrom, messageOf, PermanentError, present, required } from '#kernel';
import {
  brokerDefinitionsOf,
  defaultRetryDelays,
  Naming,
  listenerPasswordVariable,
  passwordVariableOf,
  workerPasswordVariableOf,
} from '#messaging';
import { routesFrom } from '#routes';

const usage = `Usage: npm run -s broker-definitions > definitions.json

Prints what RabbitMQ has to know before the apps come with accounts of their own (BROKER_ACCOUNTS=per-app): accounts,
rights, exchanges, queues. Load it with the management plugin (POST /api/definitions) or at the broker's start
(definitions.local.path).

  CATENA_PREFIX        as the apps have it (default catena)
  CATENA_RETRY_TIERS   as the apps have it
  LEGACY_FEED          exchanges and queues of the legacy feed, separated by commas
  RABBITMQ_VHOST       default /
${appNames.map((app) => `  ${passwordVariableOf(app)}`).join('\n')}
                       passwords of the accounts <prefix>.<app>
  ${listenerPasswordVariable}
                       that of <prefix>.console, which only listens; not set: there is no such account
  ROUTES_FILE          as job-assembler has it: each target of kind outside gets an account <prefix>.worker.<target>
  BROKER_PASSWORD_WORKER_<TARGET>
                       their passwords`;

function listed(name: string): string[] | undefined {
  return process.env[name]?.split(',').map((item) => item.trim());
}

function definitions(): object {
  const { outside } = configurationFrom(process.env, routesFrom);
  return brokerDefinitionsOf({
    naming: new Naming(process.env['CATENA_PREFIX'] ?? 'catena'),
    retryDelays: listed('CATENA_RETRY_TIERS')?.map(durationFrom) ?? defaultRetryDelays,
    passwords: Object.fromEntries(
      appNames.map((app) => [app, required(process.env, passwordVariableOf(app), 'a-secret')]),
    ) as Record<AppName, string>,
    workers: Object.fromEntries(
      outside.map((target) => [target, required(process.env, workerPasswordVariableOf(target), 'a-secret')]),
    ),
    listener: present(process.env[listenerPasswordVariable]),
    feed: listed('LEGACY_FEED') ?? [],
    virtualHost: process.env['RABBITMQ_VHOST'] ?? '/',
  });
}

if (['--help', '-h'].includes(process.argv[2] ?? '')) console.log(usage);
else
  try {
    console.log(JSON.stringify(definitions(), undefined, 2));
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    console.error(`broker-definitions: ${messageOf(error)}\n\n${usage}`);
    process.exitCode = 1;
  }
