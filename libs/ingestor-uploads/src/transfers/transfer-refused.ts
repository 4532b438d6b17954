/** The sender's fault, or a moment's, in the codes that clients of S3 know. */
export class TransferRefused extends Error {
  constructor(
    readonly status: 400 | 403 | 404 | 411 | 503,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
