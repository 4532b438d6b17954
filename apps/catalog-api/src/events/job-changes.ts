import { Injectable } from '@nestjs/common';

/** Tells open event streams in this process that a job changed; streams in other processes look at the database. */
@Injectable()
export class JobChanges {
  private readonly listeners: ((jobId: string) => void)[] = [];

  tell(jobId: string): void {
    for (const listener of this.listeners) listener(jobId);
  }

  listen(listener: (jobId: string) => void): void {
    this.listeners.push(listener);
  }
}
