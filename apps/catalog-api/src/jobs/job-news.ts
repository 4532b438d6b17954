import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';

/** Tells open event streams in this process that a job changed; streams in other processes look at the database. */
@Injectable()
export class JobNews {
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  tell(jobId: string): void {
    this.emitter.emit(jobId);
  }

  /** @returns a function that ends the subscription */
  listen(jobId: string, listener: () => void): () => void {
    this.emitter.on(jobId, listener);
    return () => this.emitter.off(jobId, listener);
  }
}
