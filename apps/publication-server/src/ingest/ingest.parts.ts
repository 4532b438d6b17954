import type { Provider, Type } from '@nestjs/common';

export const ingestParts: { readonly controllers: readonly Type[]; readonly providers: readonly Provider[] } =
  {
    controllers: [],
    providers: [],
  };
