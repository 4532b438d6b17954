/** Injection token of the validated configuration. */
export const ConfigToken = Symbol('JobAssemblerConfig');
