import { Failure, type CommandBasics, type CommandResult } from '#command-line';
import { newId, SystemClock, wait, withSecretsFromFiles } from '#kernel';
import {
  BrokerVisit,
  disconnectAccount,
  loadDefinitions,
  Naming,
  workerDefinitionsOf,
  workerPasswordVariableOf,
  workerTopologyOf,
} from '#messaging';
import type { Check } from './check.js';
import { checks } from './checks/index.js';
import { Conversation } from './conversation.js';
import { commandHand, type Hands } from './hands.js';
import { Links } from './links.js';
import { lineOf, resultOf } from './report.js';
import { runChecks } from './run-checks.js';
import { Scene } from './scene.js';
import { settingsFrom, type CheckWorkerOptions, type CheckWorkerSettings } from './settings.js';
import { tidyUp } from './tidy-up.js';

/** Milliseconds between two looks whether a worker listens. */
const lookAgain = 250;

/**
 * Plays job-assembler towards the worker of a target, at a prefix that no installation has, and tells its author what is
 * missing.
 *
 * @param hands instead of those of the options, for tests
 */
export async function checkWorker(
  context: CommandBasics,
  target: string,
  options: CheckWorkerOptions,
  hands?: Hands,
  wanted: readonly Check[] = checks,
): Promise<CommandResult> {
  const passwordVariable = workerPasswordVariableOf(target);
  const environment = withSecretsFromFiles(context.environment, [
    passwordVariable,
    'RABBITMQ_MANAGEMENT_URL',
  ]);
  const settings = settingsFrom(target, options, environment);
  const naming = new Naming(settings.prefix);
  const account = settings.account ?? naming.workerAccountOf(target);
  const clock = new SystemClock();
  const visit = await BrokerVisit.begin(settings.brokerUrl, 'catena-admin check-worker');
  try {
    await expectNoInstallation(visit, naming, settings.prefix);
    await prepareBroker(settings, naming, visit, environment[passwordVariable]);
    await expectWorker(visit, naming, settings, context);
    const links = await Links.open(settings.host, settings.port, settings.reachedAt);
    try {
      const conversation = new Conversation(visit, naming, clock, settings.patience, context.signal);
      await conversation.listen();
      const { contentSize, progressWithin } = settings;
      const scene = new Scene(
        { target, run: `catena-check-${newId()}`, contentSize, progressWithin },
        ...([conversation, links, hands ?? handsFrom(options, settings, visit, account), clock] as const),
      );
      const tell = (result: Parameters<typeof lineOf>[0]): void => context.output.say(lineOf(result));
      const results = await runChecks(wanted, scene, account, tell);
      return resultOf(settings, results, await tidyUp(scene));
    } finally {
      await links.close();
    }
  } finally {
    await visit.end();
  }
}

/** A worker's events are heard by whoever is bound to the prefix: that must be nobody else. */
async function expectNoInstallation(visit: BrokerVisit, naming: Naming, prefix: string): Promise<void> {
  if ((await visit.look(naming.inboxOf('job-assembler'))) === undefined) return;
  throw new Failure(
    'conflict',
    `Expected no installation at the prefix ${prefix}, found the queue ${naming.inboxOf('job-assembler')}: its job-assembler would hear the worker's events. Choose another --prefix.`,
  );
}

/** The queue, and where an administrator's address and the password are given, the worker's account. */
async function prepareBroker(
  { management, target, virtualHost }: CheckWorkerSettings,
  naming: Naming,
  visit: BrokerVisit,
  password: string | undefined,
): Promise<void> {
  await visit.declare(workerTopologyOf(naming, [target]));
  if (management !== undefined && password !== undefined)
    await loadDefinitions(
      management,
      workerDefinitionsOf({ naming, virtualHost, workers: { [target]: password } }),
      virtualHost,
    );
}

async function expectWorker(
  visit: BrokerVisit,
  naming: Naming,
  { target, patience, prefix }: CheckWorkerSettings,
  { output, signal }: CommandBasics,
): Promise<void> {
  const queue = naming.workerQueueOf(target);
  for (let waited = 0; (await visit.look(queue))?.consumers === 0; waited += lookAgain) {
    if (waited === 0)
      output.say(`waiting for a worker at the queue ${queue}: start it with CATENA_PREFIX=${prefix}`);
    if (waited >= patience || signal.aborted)
      throw new Failure(
        'unreachable',
        `Expected a worker at the queue ${queue} within ${patience / 1000} s, found none. Start it with the prefix ${prefix}, and look at its log.`,
      );
    await wait(lookAgain, signal);
  }
}

function handsFrom(
  { damageCommand, restartCommand }: CheckWorkerOptions,
  { management }: CheckWorkerSettings,
  visit: BrokerVisit,
  account: string,
): Hands {
  return {
    ...(damageCommand === undefined ? {} : { damage: commandHand('--damage-command', damageCommand) }),
    ...(restartCommand === undefined
      ? {}
      : { restart: () => commandHand('--restart-command', restartCommand)() }),
    // Our own connection must not be among them.
    ...(management === undefined || account === visit.account
      ? {}
      : { disconnect: () => disconnectAccount(management, account) }),
  };
}
