import {
  Catch,
  HttpStatus,
  Inject,
  Optional,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { isAway, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { databaseErrors, isTooSlow } from '#persistence';
import { comeAgain, type Reply } from './operations-errors.js';

/** What the database's driver throws while an operations call is answered: away and too slow are no faults of the app. */
@Catch(...databaseErrors)
export class DatabaseErrors implements ExceptionFilter<Error> {
  constructor(@Optional() @Inject(LOGGER) private readonly logger?: Logger) {}

  catch(error: Error, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    const answer = this.answerTo(error);
    if (answer.statusCode === HttpStatus.SERVICE_UNAVAILABLE) reply.header('Retry-After', comeAgain);
    reply.status(answer.statusCode).send(answer);
  }

  private answerTo(error: Error): { statusCode: number; code: string; message: string } {
    const statusCode = HttpStatus.SERVICE_UNAVAILABLE;
    if (isTooSlow(error))
      return {
        ...{ statusCode, code: 'operations.too-slow' },
        message:
          'Expected the database to answer in time, found that it takes longer: ask for less, by a filter.',
      };
    if (isAway(error))
      return {
        ...{ statusCode, code: 'operations.service-away' },
        message: 'Expected the database to answer, found that it is out of reach. Ask again when it is back.',
      };
    this.logger?.error({ error: error.stack ?? messageOf(error) }, 'unexpected error of the database');
    return {
      ...{ statusCode: HttpStatus.INTERNAL_SERVER_ERROR, code: 'operations.unexpected-error' },
      message:
        'Expected an answer of the database, found an error that nobody foresaw: the log of the app has it.',
    };
  }
}
