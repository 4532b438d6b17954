import { withSecretsFromFiles, type Environment } from '#kernel';

const secrets = ['CATENA_TOKEN', 'CATENA_PASSWORD'] as const;

/**
 * An environment whose token and password come from the files that `CATENA_TOKEN_FILE` and `CATENA_PASSWORD_FILE` name. These
 * are read by the commands that need them: the others do without, whatever has become of the files.
 */
export function withSecretsWhenAsked(environment: Environment): Environment {
  const lazy = { ...environment };
  for (const name of secrets) {
    if ((environment[`${name}_FILE`] ?? '') === '') continue;
    const get = (): string | undefined => withSecretsFromFiles(environment, [name])[name];
    Object.defineProperty(lazy, name, { get, enumerable: true });
  }
  return lazy;
}
