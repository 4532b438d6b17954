import { BadRequestException, PayloadTooLargeException } from '@nestjs/common';
import type { ShapeCheck } from '#publication-feed';

/** The JSON of a signed body, of the right shape. */
export function parsedBody<Body>(body: unknown, check: ShapeCheck, limit: number): Body {
  if (!Buffer.isBuffer(body) || body.length === 0)
    throw new BadRequestException('Expected JSON, found no body.');
  if (body.length > limit)
    throw new PayloadTooLargeException(`Expected at most ${limit} bytes, found ${body.length}.`);
  return checked<Body>(parsed(body.toString('utf8'), 'the body'), check);
}

/** NDJSON: one value of the right shape a line. */
export function parsedLines<Line>(body: unknown, check: ShapeCheck, maxLines: number): Line[] {
  if (!Buffer.isBuffer(body) || body.length === 0)
    throw new BadRequestException('Expected lines of JSON, found no body.');
  const lines = body.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > maxLines)
    throw new PayloadTooLargeException(`Expected at most ${maxLines} lines, found ${lines.length}.`);
  return lines.map((line, index) => checked<Line>(parsed(line, `line ${index + 1}`), check));
}

function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRequestException(`Expected JSON in ${place}, found something else.`);
  }
}

function checked<Value>(value: unknown, check: ShapeCheck): Value {
  const problems = check(value);
  if (problems.length > 0) throw new BadRequestException(problems.join('; '));
  return value as Value;
}
