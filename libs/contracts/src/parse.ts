import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import type { MessageContract } from './define-message.js';
import { Envelope } from './envelope.js';

/** Unknown fields are ignored (a newer emitter may add some); known fields must have their shape. */
const validation = { whitelist: false, forbidUnknownValues: true, stopAtFirstError: true };

/** No message of ours comes near. What is nested by thousands takes the whole stack of whoever walks through it. */
const maxDepth = 100;

/**
 * Checks the outer form of a message body.
 *
 * @returns the envelope, or a sentence that says what is wrong with it
 */
export function parseEnvelope(body: Buffer): Envelope | string {
  let plain: unknown;
  try {
    plain = JSON.parse(body.toString('utf8'));
  } catch (error) {
    return `Expected a JSON object, found ${body.length} bytes that do not parse: ${(error as Error).message}`;
  }
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain))
    return 'Expected a JSON object, found another JSON value.';
  if (isDeeper(plain, maxDepth))
    return `Expected at most ${maxDepth} levels of objects and lists, found more.`;
  const envelope = plainToInstance(Envelope, plain);
  const errors = validateSync(envelope, validation);
  return errors.length === 0 ? envelope : `Expected a CloudEvents envelope: ${describe(errors)}`;
}

/**
 * Checks `data` against its contract.
 *
 * @returns the payload, or a sentence that says what is wrong with it
 */
export function parsePayload<Payload extends object>(
  contract: MessageContract<Payload>,
  data: unknown,
): Payload | string {
  const payload = plainToInstance(contract.payload, data);
  const errors = validateSync(payload, validation);
  return errors.length === 0 ? payload : `Expected the data of ${contract.type}: ${describe(errors)}`;
}

/** Level by level: no depth takes the stack. */
function isDeeper(value: object, levels: number): boolean {
  let level: object[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= levels) return true;
    level = level
      .flatMap((one) => Object.values(one) as unknown[])
      .filter((inner): inner is object => typeof inner === 'object' && inner !== null);
  }
  return false;
}

function describe(errors: ValidationError[], prefix = ''): string {
  return errors
    .flatMap((error) => [
      ...Object.values(error.constraints ?? {}).map((text) => `${prefix}${text}`),
      ...(error.children?.length ? [describe(error.children, `${prefix}${error.property}.`)] : []),
    ])
    .join('; ');
}
