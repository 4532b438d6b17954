import { CatenaError } from '#kernel';

/** What a list says; undefined once it has been forgotten (ENDED_WORK_LIFETIME): then it proves nothing. */
export async function unlessLost<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof CatenaError && error.code === 'storage.reference-lost') return undefined;
    throw error;
  }
}
