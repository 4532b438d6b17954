import { InstrumentService } from './instrument.service.js';
import { InstrumentsController } from './instruments.controller.js';

export const instrumentParts = { controllers: [InstrumentsController], providers: [InstrumentService] };
