import { BadRequestException, ConflictException, NotFoundException } from '@nestjs/common';
import { CatenaError, PermanentError } from '#kernel';

/** Another operator was faster: the sentence names who, when and what. */
export const changedMeanwhile = 'operations.changed-meanwhile';
export const notThere = 'operations.not-there';
export const notPossible = 'operations.not-possible';

export function refuse(code: string, message: string): PermanentError {
  return new PermanentError(code, message);
}

/** What a use case refuses, as HTTP says it. */
export function asAnswer(error: unknown): never {
  if (!(error instanceof CatenaError)) throw error;
  const { code, message } = error;
  if (code === changedMeanwhile) throw new ConflictException({ statusCode: 409, code, message });
  if (code === notThere) throw new NotFoundException({ statusCode: 404, code, message });
  if (code === notPossible) throw new BadRequestException({ statusCode: 400, code, message });
  throw error;
}

/** The version in an `If-Match`; undefined without one. @throws PermanentError `operations.not-possible` for any other text */
export function versionIn(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) return undefined;
  const [, digits] = /^(?:W\/)?"?(\d{1,15})"?$/.exec(ifMatch.trim()) ?? [];
  if (digits === undefined)
    throw refuse(
      notPossible,
      `Expected in If-Match the ETag of what you read, found ${JSON.stringify(ifMatch).slice(0, 100)}.`,
    );
  return Number(digits);
}
