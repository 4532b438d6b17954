import type { Provider, Type } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { RecallForms } from '../recalls/recall-forms.service.js';
import { RecallsController } from '../recalls/recalls.controller.js';
import { Recalls } from '../recalls/recalls.service.js';
import { AssetsController } from '../site/assets.controller.js';
import { Availabilities } from '../publications/availability.service.js';
import { CrawlersController } from './crawlers.controller.js';
import { DoiController } from '../landing/doi.controller.js';
import { ErrorsFilter } from '../site/errors.filter.js';
import { HomeController } from './home.controller.js';
import { Publications } from '../publications/publications.service.js';
import { RelationsService } from '../publications/relations.service.js';
import { Search } from './search.service.js';
import { Site } from '../site/site.service.js';
import { Views } from '../landing/views.service.js';

export const pagesParts: { readonly controllers: readonly Type[]; readonly providers: readonly Provider[] } =
  {
    controllers: [HomeController, CrawlersController, AssetsController, RecallsController, DoiController],
    providers: [
      Site,
      Availabilities,
      RelationsService,
      Publications,
      Search,
      Views,
      Recalls,
      RecallForms,
      { provide: APP_FILTER, useClass: ErrorsFilter },
    ],
  };
