import { IS_DATE_STRING, IS_ISO8601, buildMessage, ValidateBy } from 'class-validator';
import { isoDate } from '../domain/iso-date.js';

/**
 * As class-validator's decorators of these names, with their words, for text that is stored as a date: theirs let pass what
 * looks like one and is none, or is read otherwise by the language.
 */
export function IsDateString(): PropertyDecorator {
  return isDateAs(IS_DATE_STRING);
}

export function IsISO8601(): PropertyDecorator {
  return isDateAs(IS_ISO8601);
}

function isDateAs(name: string): PropertyDecorator {
  return ValidateBy({
    name,
    constraints: [],
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isoDate(value) !== undefined,
      defaultMessage: buildMessage((each) => `${each}$property must be a valid ISO 8601 date string`),
    },
  });
}
