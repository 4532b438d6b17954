import { messageOf, wait } from '#kernel';
import { type CommandResult, Failure } from '#command-line';
import type { CommandContext } from '../command.js';
import { metadataIn } from '../metadata-file.js';
import type { HttpClient } from '../server/http-client.js';
import {
  createPublication,
  register,
  statusOf,
  suggestionFor,
  withdraw,
  type PublicationStatus,
} from './publication-api.js';

type Fields = Record<string, unknown>;

export interface PublishOptions {
  readonly title?: string;
  readonly abstract?: string;
  readonly creator?: readonly string[];
  readonly publisher?: string;
  readonly licence?: string;
  readonly embargo?: string;
  readonly metadata?: string;
  readonly doi?: string;
  readonly wait?: boolean;
}

export interface WithdrawOptions {
  readonly reason: string;
  readonly replacedBy?: string;
}

/** Milliseconds between looks at a registration. */
const look = 500;

/** Makes a record of the datasets, registers it, and follows it until the public sees it. */
export async function publish(
  context: CommandContext,
  pids: readonly string[],
  options: PublishOptions,
): Promise<CommandResult> {
  const client = await context.client();
  const doi = options.doi ?? (await createPublication(client, await recordFor(client, pids, options)));
  context.output.say(`publication ${doi}`);
  await register(client, doi);
  const status = options.wait === true ? await follow(context, client, doi) : await statusOf(client, doi);
  if (status.registration?.state === 'pending')
    context.output.say(`the registration goes on; see it with: catena doi ${doi}`);
  return { outcome: isRefused(status) ? 'failed' : 'done', lines: resultLines(status), document: status };
}

/** Where a DOI stands: in the catalogue, at DataCite, on its page. */
export async function showDoi(
  context: CommandContext,
  doi: string,
  options: { readonly wait?: boolean },
): Promise<CommandResult> {
  const client = await context.client();
  const status = options.wait === true ? await follow(context, client, doi) : await statusOf(client, doi);
  const page = await pageOf(status, client);
  return {
    outcome: isRefused(status) ? 'failed' : 'done',
    lines: [...statusLines(status), ...(page === undefined ? [] : [`page        ${page}`])],
    document: { ...status, page },
  };
}

export async function withdrawDoi(
  context: CommandContext,
  doi: string,
  { reason, replacedBy }: WithdrawOptions,
): Promise<CommandResult> {
  const client = await context.client();
  await withdraw(client, doi, { reason, ...(replacedBy === undefined ? {} : { replacedBy }) });
  const status = await statusOf(client, doi);
  return { outcome: 'done', lines: statusLines(status), document: status };
}

async function recordFor(
  client: HttpClient,
  pids: readonly string[],
  options: PublishOptions,
): Promise<Fields> {
  if (pids.length === 0)
    throw new Failure('usage', 'Expected the pids of datasets to publish, or --doi of a record that exists.');
  const given = options.metadata === undefined ? {} : await metadataIn(options.metadata, 'creators');
  const suggested = await suggestionFor(client, pids);
  const title = options.title ?? suggested.title;
  if (title === undefined || title === '')
    throw new Failure('usage', 'Expected --title: the datasets suggest none.');
  const metadata: Fields = {
    resourceType: 'Dataset',
    ...suggested.metadata,
    ...(options.publisher === undefined ? {} : { publisher: { name: options.publisher } }),
    ...(options.creator === undefined ? {} : { creators: options.creator.map((name) => ({ name })) }),
    ...(options.licence === undefined ? {} : { rightsList: [{ rightsIdentifier: options.licence }] }),
    ...(options.embargo === undefined ? {} : { dates: [{ date: options.embargo, dateType: 'Available' }] }),
    ...given,
  };
  if (metadata['publisher'] === undefined)
    throw new Failure('usage', 'Expected --publisher: this server suggests none (PUBLICATION_PUBLISHER).');
  return { title, abstract: options.abstract ?? suggested.abstract ?? '', datasetPids: pids, metadata };
}

/** Says each step once, until the registration is over. */
async function follow(context: CommandContext, client: HttpClient, doi: string): Promise<PublicationStatus> {
  let said = '';
  try {
    for (;;) {
      const status = await statusOf(client, doi);
      const { registration } = status;
      const line = progressLine(status);
      if (line !== said) context.output.say(line);
      said = line;
      if (registration === undefined || registration.state !== 'pending') return status;
      await wait(look, client.signal);
      client.signal.throwIfAborted();
    }
  } catch (error) {
    if (!client.signal.aborted) throw error;
    throw new Failure(
      'interrupted',
      `Interrupted. The registration of ${doi} goes on; see it with: catena doi ${doi} --wait`,
    );
  }
}

function progressLine({ status, registration }: PublicationStatus): string {
  if (registration?.state !== 'pending') return registration?.state === 'refused' ? 'refused' : status;
  const { step = 'waiting', attempts = 0, message } = registration;
  return attempts === 0 ? step : `${step}, try ${attempts + 1}: ${message ?? ''}`;
}

function isRefused({ registration }: PublicationStatus): boolean {
  return registration?.state === 'refused';
}

function resultLines(status: PublicationStatus): string[] {
  if (isRefused(status)) return problemLines(status);
  return [status.doi, ...(status.landingPage === undefined ? [] : [status.landingPage])];
}

function statusLines(status: PublicationStatus): string[] {
  const { doi, landingPage, doiState, registration, withdrawal, embargoUntil } = status;
  return [
    `doi         ${doi}`,
    `catalogue   ${status.status}`,
    `datacite    ${doiState ?? 'not registered'}`,
    ...(landingPage === undefined ? [] : [`address     ${landingPage}`]),
    ...(embargoUntil === undefined ? [] : [`embargo     until ${embargoUntil}`]),
    ...(withdrawal === undefined ? [] : [`withdrawn   ${withdrawal.at}: ${withdrawal.reason}`]),
    ...(registration?.state === 'pending' ? [`under way   ${progressLine(status)}`] : []),
    ...(isRefused(status) ? problemLines(status) : []),
  ];
}

function problemLines({ doi, registration }: PublicationStatus): string[] {
  const problems = (registration?.problems ?? []).map(({ field, reason }) => `  ${field}: ${reason}`);
  return [`${doi} was refused: ${registration?.message ?? ''}`, ...problems];
}

/** What a reader sees there now; no answer is an answer, too. */
async function pageOf(
  { landingPage }: PublicationStatus,
  { signal }: HttpClient,
): Promise<string | undefined> {
  if (landingPage === undefined) return undefined;
  try {
    const response = await fetch(landingPage, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
    return response.status === 410 ? 'a tombstone (410)' : `answers ${response.status}`;
  } catch (error) {
    return `out of reach from here (${messageOf(error)})`;
  }
}
