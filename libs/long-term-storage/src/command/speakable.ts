import { PermanentError } from '#kernel';

/** Refuses a name that a client would take for an option or for many files: some expand patterns by themselves. */
export function speakable(name: string): string {
  if (!name.startsWith('-') && !/[*?[\]{}\\\u0000-\u001f\u007f]/.test(name)) return name;
  throw new PermanentError(
    'long-term-storage.name-invalid',
    `Expected a name that no client takes for an option or a pattern (no - in front; none of * ? [ ] { } \\ or control characters), found ${JSON.stringify(name.slice(0, 300))}.`,
  );
}
