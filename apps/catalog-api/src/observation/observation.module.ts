import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { CatalogNumbers } from './catalog-numbers.js';

/** What the app says in numbers about its work. */
@Module({ imports: [EventsModule], providers: [CatalogNumbers] })
export class ObservationModule {}
