/**
 * Cancellations of jobs that are not here yet: a message may overtake another one by as long as it takes to send that again. Such a
 * job is cancelled as soon as it comes.
 */
export abstract class EarlyCancels {
  abstract remember(jobId: string, at: Date): Promise<void>;
  abstract isThere(jobId: string): Promise<boolean>;
  /** Whatever has not come by now does not come any more. */
  abstract forgetBefore(at: Date): Promise<void>;
}
