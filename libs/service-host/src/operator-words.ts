import { BadRequestException } from '@nestjs/common';

/**
 * What an operator says in a body, and is kept with what is done: never nothing.
 *
 * @param form the body that the call takes, for the words of the refusal
 * @param most characters that are kept
 * @throws BadRequestException naming what is missing
 */
export function operatorText(value: unknown, name: string, form: string, most = 500): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, most);
  throw new BadRequestException(`Expected a body ${form}, found no ${name}.`);
}
