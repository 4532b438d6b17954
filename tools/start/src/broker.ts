import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { durationFrom } from '#kernel';
import { brokerDefinitionsOf, defaultRetryDelays, feedNamesOf, loadDefinitions, Naming } from '#messaging';
import { managementUrlOf, type AppSettings } from './app-environments.js';

/**
 * Makes what the apps need at the broker before they come with accounts of their own: accounts, rights, queues. Does
 * nothing where nobody may make accounts (a broker from outside without its management address).
 */
export async function prepareBroker(settings: AppSettings): Promise<void> {
  const url = managementUrlOf(settings);
  if (url === undefined) return;
  const tiers = settings.extra?.archiver?.['CATENA_RETRY_TIERS'];
  const definitions = brokerDefinitionsOf({
    naming: new Naming(settings.prefix),
    retryDelays: tiers?.split(',').map(durationFrom) ?? defaultRetryDelays,
    passwords: settings.secrets.broker,
    feed: feedNamesOf(parse(await readFile(settings.jobConfigurationFile, 'utf8'))),
  });
  await loadDefinitions(url, definitions);
}
