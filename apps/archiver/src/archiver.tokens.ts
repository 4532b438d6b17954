/** Injection tokens of the validated configuration and of the shares. */
export const ConfigToken = Symbol('ArchiverConfig');
export const SharesToken = Symbol('LongTermStorage[]');
