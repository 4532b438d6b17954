import { bytesText, countText, nameText, type CommandResult } from '#command-line';
import type { CommandContext } from '../command.js';
import { tableLines } from '../table.js';
import { filesOf, getDataset, searchDatasets, type Dataset } from './dataset-api.js';

export interface SearchOptions {
  readonly limit: number;
  readonly ownerGroup?: string;
}

/** Datasets whose name, description or keywords hold the words, newest first. */
export async function search(
  context: CommandContext,
  words: readonly string[],
  options: SearchOptions,
): Promise<CommandResult> {
  const client = await context.client();
  const datasets = await searchDatasets(client, words.join(' '), options);
  const rows = datasets.map((dataset) => [
    dataset.pid,
    nameText(dataset.datasetName ?? '-'),
    dataset.ownerGroup,
    bytesText(dataset.size ?? 0),
    stateOf(dataset),
    dataset.creationTime ?? '-',
  ]);
  const lines =
    rows.length === 0
      ? ['no datasets']
      : tableLines([['DATASET', 'NAME', 'GROUP', 'SIZE', 'STATE', 'CREATED'], ...rows]);
  return { outcome: 'done', lines, document: datasets };
}

/** What the catalogue knows about one dataset. */
export async function show(context: CommandContext, pid: string): Promise<CommandResult> {
  const dataset = await getDataset(await context.client(), pid);
  const { datasetName, ownerGroup, type, size = 0, numberOfFiles = 0, keywords = [] } = dataset;
  const lines = [
    `dataset   ${dataset.pid}`,
    `name      ${nameText(datasetName ?? '-')}`,
    `type      ${type}`,
    `group     ${ownerGroup}`,
    `files     ${countText(numberOfFiles, 'file')}, ${bytesText(size)}`,
    `folder    ${nameText(dataset.sourceFolder ?? '-')}`,
    `state     ${stateOf(dataset)}`,
    `public    ${dataset.isPublished === true ? 'yes' : 'no'}`,
    `created   ${dataset.creationTime ?? '-'}`,
    ...(keywords.length === 0 ? [] : [`keywords  ${keywords.map(nameText).join(', ')}`]),
    ...(dataset.description === undefined ? [] : ['', nameText(dataset.description)]),
  ];
  return { outcome: 'done', lines, document: dataset };
}

/** What is in a dataset: one line for each file. */
export async function files(context: CommandContext, pid: string): Promise<CommandResult> {
  const found = await filesOf(await context.client(), pid);
  const lines = found.map(
    ({ path, size, time }) => `${String(size).padStart(14)}  ${time}  ${nameText(path)}`,
  );
  return { outcome: 'done', lines: lines.length === 0 ? ['no files'] : lines, document: found };
}

function stateOf({
  datasetlifecycle: { retrievable, archivable, archiveStatusMessage } = {},
}: Dataset): string {
  if (retrievable === true) return 'archived';
  return archivable === true ? 'archivable' : (archiveStatusMessage ?? '-');
}
