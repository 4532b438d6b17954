import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { codeOf, messageOf } from '#kernel';
import { LOGGER, type Logger } from '#observability';
import { UploadRefused } from '../upload-refused.js';

interface Reply {
  status(code: number): { send(body: unknown): unknown };
}

/** Answers of the protocol that are no success: always JSON. */
@Catch()
export class ProtocolErrors implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    if (error instanceof HttpException) {
      const body = error.getResponse();
      const said = typeof body === 'string' ? { message: body, details: body } : body;
      reply.status(error.getStatus()).send(said);
      return;
    }
    this.logger.error(
      { code: codeOf(error, 'unknown'), error: messageOf(error) },
      'a call of an ingestor failed',
    );
    reply
      .status(500)
      .send({ message: 'The call failed', details: 'It could not be answered at this moment. Try again.' });
  }
}

/**
 * Answers a failure as clients of the protocol understand it: 500 with `message` and `details`, and 422 for what is wrong with the
 * call itself; with any other status they crash, or take it for a success.
 *
 * @param message what failed
 * @param more fields of the answer
 */
export async function answering<Answer>(
  message: string,
  work: () => Promise<Answer>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HttpException) throw error;
    const details = messageOf(error);
    const status = error instanceof UploadRefused && error.status === 422 ? 422 : 500;
    const detail = status === 422 ? { detail: [{ loc: ['body'], msg: details, type: 'value_error' }] } : {};
    throw new HttpException({ message, ...more, details, ...detail }, status, { cause: error });
  }
}
