import { contextOf } from '#messaging';
import { appsAmong, type MessageContract, type MessageKey } from '#contracts';
import type { JsonSchema, MessageSchemas } from './json-schema.js';
import { contractNameOf, type messagePlacesIn } from './message-places.js';

type PlacesOf = ReturnType<typeof messagePlacesIn>;

const preface = `# Messages

Every message of Catena: who says it, who must hear it, what it means. Made from \`libs/contracts\` by
\`npm run catalogue\`; do not edit it by hand.

All of them travel in a CloudEvents 1.0 envelope (structured JSON). The exchange is \`<prefix>.<context>\`, the routing key
is the type. [asyncapi.json](asyncapi.json) describes exchanges and queues for tools; each message has a JSON Schema of
the whole envelope in [schemas](schemas). What "transient" means: sent once, unconfirmed, without a receipt, because a
newer message replaces it. All others are sent again until every consumer has given a receipt. Each message names the
files that say it and that hear it. "worker" is the worker of a storage that others operate (outside-workers.md): its
commands have the routing key \`<type>.<target>\`, it gives no receipts, and its events come from the account of its target.
`;

/** The page for people: one section a context, one table of fields a message. */
export function messagesPage(
  contracts: readonly MessageContract[],
  schemas: MessageSchemas,
  placesOf: PlacesOf,
): string {
  const contexts = [...new Set(contracts.map(({ type }) => contextOf(type)))];
  const sections = contexts.map((context) => {
    const mine = contracts.filter(({ type }) => contextOf(type) === context);
    return [
      `## ${context}\n`,
      table(
        ['message', 'kind', 'from', 'to'],
        mine.map(({ type, kind, emitter, consumers }) => [
          `[\`${type}\`](#${anchorOf(type)})`,
          kind,
          emitter,
          consumers.join(', '),
        ]),
      ),
      ...mine.map((contract) => section(contract, schemas, placesOf)),
    ].join('\n');
  });
  return [preface, ...sections].join('\n');
}

function section(contract: MessageContract, schemas: MessageSchemas, placesOf: PlacesOf): string {
  const { type, kind, emitter, consumers, transient, summary } = contract;
  const sample = `../test/contracts/samples/${type.replace('.', '/')}`;
  const links = `[schema](schemas/${type}.json), [samples](${sample})`;
  const what = `${transient ? 'Transient ' : ''}${kind}`;
  return [
    `### ${type}\n`,
    `${summary}\n`,
    `${what.charAt(0).toUpperCase()}${what.slice(1)} from ${emitter} to ${consumers.join(', ')}; ${links}.`,
    `${orderOf(contract)}${answersOf(contract)}\n`,
    `${filesOf(contract, placesOf)}\n`,
    table(['field', 'type', 'meaning'], rowsOf(schemas.dataOf(contract), '')),
  ].join('\n');
}

function orderOf({ about, order: { within, place } }: MessageContract): string {
  const at = typeof place === 'number' ? `at place ${place}` : `at the place that \`${place}\` says`;
  return `About ${keyText(about)}; in order within ${keyText(within)}, ${at}.`;
}

function keyText(key: MessageKey): string {
  return typeof key === 'string'
    ? `\`${key}\``
    : `the work order that \`${key.beforeLastSlashOf}\` follows up on (its part before the last slash)`;
}

function answersOf({ kind, answers }: MessageContract): string {
  if (kind === 'event') return '';
  if (answers.length === 0) return ' No event answers it.';
  return ` Ends with ${answers.map(({ type }) => `[\`${type}\`](#${anchorOf(type)})`).join(' or ')}.`;
}

function filesOf({ type, emitter, consumers }: MessageContract, placesOf: PlacesOf): string {
  const value = contractNameOf(type);
  const link = (path: string): string => `[${path.slice(path.lastIndexOf('/') + 1)}](../${path})`;
  const worker = 'the worker of its target';
  const said = appsAmong([emitter]).flatMap((app) => placesOf(value, app).emits.map(link));
  const heard = appsAmong(consumers).flatMap((app) => placesOf(value, app).handles.map(link));
  const saidIn = emitter === 'worker' ? `Said by ${worker}` : `Said in ${said.join(', ')}`;
  return `${saidIn}; heard ${consumers.includes('worker') ? `by ${worker}` : `in ${heard.join(', ')}`}.`;
}

function rowsOf(schema: JsonSchema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = schema.required?.includes(name) === true ? '' : ' (optional)';
    const inner = field.properties === undefined ? [] : rowsOf(field, `${prefix}${name}.`);
    return [[`\`${prefix}${name}\`${optional}`, typeOf(field), field.description ?? ''], ...inner];
  });
}

function typeOf(field: JsonSchema): string {
  const { type = '', enum: words, format, pattern, minimum, maximum, minLength, maxLength } = field;
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ');
  if (format !== undefined) return `${type}, ${format}`;
  const least = minimum ?? minLength;
  const most = maximum === Number.MAX_SAFE_INTEGER ? '2^53 − 1' : (maximum ?? maxLength);
  const unit = type === 'string' ? ' characters' : '';
  const range = most === undefined ? '' : `, ${least ?? 0} to ${most}${unit}`;
  return `${type}${range}${pattern === undefined ? '' : `, \`${pattern}\``}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

function anchorOf(type: string): string {
  return type.replaceAll('.', '');
}
