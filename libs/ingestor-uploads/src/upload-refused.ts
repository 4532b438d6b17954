/** The caller's fault, with what was expected, what was found, and what to do. */
export class UploadRefused extends Error {
  /** @param status as the catalogue would answer it: 403, 404, 409, 422 or 507; the endpoints answer what clients of the protocol understand */
  constructor(
    readonly status: 403 | 404 | 409 | 422 | 507,
    message: string,
  ) {
    super(message);
  }
}
