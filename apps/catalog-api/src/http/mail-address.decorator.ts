import { isEmail, registerDecorator } from 'class-validator';

/** Half of a pair: the check of addresses would throw, as such a text has no UTF-8. */
const loneSurrogate = /\p{Surrogate}/u;

export function isMailAddress(value: unknown): boolean {
  return typeof value === 'string' && !loneSurrogate.test(value) && isEmail(value);
}

/** One mail address, with SciCat's words where it is something else. */
export function IsMailAddress(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isEmail',
      target: target.constructor,
      propertyName: String(property),
      validator: { validate: isMailAddress, defaultMessage: () => '$property must be an email' },
    });
  };
}
