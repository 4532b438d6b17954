import { Catch, HttpStatus, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { CatenaError } from '#kernel';

export interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body: object): unknown;
}

/** Statuses of codes that operations calls refuse with. */
const statuses: Readonly<Record<string, number>> = {
  'operations.not-possible': HttpStatus.BAD_REQUEST,
  'operations.wrong-name': HttpStatus.BAD_REQUEST,
  'operations.reason-missing': HttpStatus.BAD_REQUEST,
  'operations.not-there': HttpStatus.NOT_FOUND,
  'operations.changed-meanwhile': HttpStatus.CONFLICT,
  'operations.under-way': HttpStatus.CONFLICT,
  'operations.key-reused': HttpStatus.UNPROCESSABLE_ENTITY,
  'operations.not-allowed': HttpStatus.FORBIDDEN,
  'outbox.editing-off': HttpStatus.FORBIDDEN,
  'archiver.share-unknown': HttpStatus.NOT_FOUND,
  'archiver.share-twice': HttpStatus.CONFLICT,
  'archiver.share-unreadable': HttpStatus.CONFLICT,
  'archiver.share-other': HttpStatus.CONFLICT,
  'archiver.share-silent': HttpStatus.CONFLICT,
  'archiver.no-good-copy': HttpStatus.CONFLICT,
};
/** Seconds after which a call is worth another try that found a service away. */
export const comeAgain = '5';

/** What a use case refuses, as an operations call says it: `{statusCode, code, message}`. */
@Catch(CatenaError)
export class OperationsErrors implements ExceptionFilter<CatenaError> {
  /** @throws CatenaError what is no refusal: the app's own filter answers it */
  catch(error: CatenaError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    const { code, message } = error;
    const statusCode =
      statuses[code] ?? (error.retriable ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.INTERNAL_SERVER_ERROR);
    if (statusCode === 503) reply.header('Retry-After', comeAgain);
    reply.status(statusCode).send({ statusCode, code, message });
  }
}
