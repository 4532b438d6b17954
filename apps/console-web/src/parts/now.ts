/** The browser's clock. Specs give another one. */
export type Now = () => Date;

export const browserNow: Now = () => new Date();
