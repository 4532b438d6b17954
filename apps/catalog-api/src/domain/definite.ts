/** What was given: many clients send `null` for what they have not got, which is no value to store. */
export function definite<Fields extends object>(fields: Fields): { [Name in keyof Fields]: Fields[Name] } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  ) as Fields;
}
