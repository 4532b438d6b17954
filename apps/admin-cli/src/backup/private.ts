/** What a backup holds is for whoever made it: as it was kept, tokens and unpublished data are in it. */
export const privateFile = 0o600;
export const privateFolder = 0o700;
