import { registerDecorator } from 'class-validator';
import { isMailAddress } from '../../http/mail-address.decorator.js';

/** One or more e-mail addresses, separated by `;`, with SciCat's words where it is something else. */
export function IsEmailList(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'customEmailList',
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && value.split(';').every((part) => isMailAddress(part.trim())),
        defaultMessage: (found) =>
          `Expected an email or a list of semicolon separated emails, got ${shown(found?.value)}`,
      },
    });
  };
}

const longestShown = 200;

function shown(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.slice(0, longestShown);
}
