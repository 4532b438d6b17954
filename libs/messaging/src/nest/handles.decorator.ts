import { MessagePattern } from '@nestjs/microservices';
import type { Envelope, MessageContract } from '#contracts';
import { outcomeOf, type Outcome } from '../outcome.js';

type HandlerMethod<Data extends object> = (envelope: Envelope<Data>) => Promise<Outcome>;

/**
 * Marks the method that handles one message type. It gets the checked envelope and returns an outcome; what it throws
 * becomes one (`retry` for transient and unknown errors, `dead` for permanent ones), before Nest replaces the error by
 * a general one.
 */
export function Handles<Data extends object>(contract: MessageContract<Data>) {
  return (
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<HandlerMethod<Data>>,
  ): void => {
    const method = descriptor.value;
    descriptor.value = async function (this: unknown, envelope: Envelope<Data>): Promise<Outcome> {
      try {
        return await method!.call(this, envelope);
      } catch (error) {
        return outcomeOf(error);
      }
    };
    MessagePattern(contract.type)(target, key, descriptor);
  };
}
