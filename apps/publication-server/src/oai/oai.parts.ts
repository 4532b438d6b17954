import type { Provider, Type } from '@nestjs/common';

export const oaiParts: { readonly controllers: readonly Type[]; readonly providers: readonly Provider[] } = {
  controllers: [],
  providers: [],
};
