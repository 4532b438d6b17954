import { readFile } from 'node:fs/promises';
import { messageOf } from '#kernel';
import { Failure, foundText, helpText } from '#command-line';

type Fields = Record<string, unknown>;

/**
 * The JSON object that `--metadata` names.
 *
 * @param example a field that may stand in it
 * @throws Failure `usage` when it cannot be read or is something else
 */
export async function metadataIn(file: string, example: string): Promise<Fields> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new Failure(
      'usage',
      `Expected a JSON file at ${file} (--metadata), found ${foundText(error)}. ${helpText(error)}; nothing was sent.`,
      error,
    );
  });
  return parseMetadata(bytes, file, example);
}

function parseMetadata(bytes: Buffer, file: string, example: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Failure('usage', `Expected ${file} (--metadata) to hold JSON in UTF-8: ${messageOf(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Failure(
      'usage',
      `Expected ${file} (--metadata) to hold a JSON object with fields such as "${example}".`,
    );
  return value as Fields;
}
