import { MessagePattern } from '@nestjs/microservices';
import type { Envelope, MessageContract } from '#contracts';
import type { Outcome } from '../outcome.js';

type HandlerMethod<Data extends object> = (envelope: Envelope<Data>) => Promise<Outcome>;

/**
 * Marks the method that handles one message type. It gets the checked envelope and returns an outcome; what it throws
 * becomes one (`retry` for transient and unknown errors, `dead` for permanent ones).
 */
export function Handles<Data extends object>(contract: MessageContract<Data>) {
  return (
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<HandlerMethod<Data>>,
  ): void => {
    MessagePattern(contract.type)(target, key, descriptor);
  };
}
