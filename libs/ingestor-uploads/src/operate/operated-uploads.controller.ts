import { Controller, Get, Query } from '@nestjs/common';
import { PermanentError } from '#kernel';
import { notPossible } from '#operations';
import { limitIn, Operators, queryOf } from '#service-host';
import { uploadStates, type UploadState } from '../persistence/records.js';
import { UploadLists, type RoomForUploads, type ShownUpload } from './upload-lists.js';

/** Uploads of a page, and the room for all. */
export interface ShownUploads {
  readonly items: readonly ShownUpload[];
  readonly next?: string;
  readonly room: RoomForUploads;
}

/** What operators see of the uploads of ingestors. */
@Operators()
@Controller({ path: 'operations/uploads', version: ['3', '4'] })
export class OperatedUploadsController {
  constructor(private readonly lists: UploadLists) {}

  /** Uploads of ingestors in the order of their datasets: whose, how far, what they wait for; and the room for all of them. */
  @Get()
  async list(@Query() query: Record<string, unknown>): Promise<ShownUploads> {
    const { state, after, limit } = queryOf(query, ['state', 'after', 'limit']);
    const most = limitIn(limit);
    const [found, room] = await Promise.all([
      this.lists.page(stateIn(state), after, most + 1),
      this.lists.room(),
    ]);
    const items = found.slice(0, most);
    const last = items.at(-1);
    return { items, ...(found.length > most && last !== undefined ? { next: last.pid } : {}), room };
  }
}

function stateIn(text: string | undefined): UploadState | undefined {
  const state = uploadStates.find((one) => one === text);
  if (text === undefined || state !== undefined) return state;
  throw new PermanentError(
    notPossible,
    `Expected in state one of ${uploadStates.join(', ')}, found ${JSON.stringify(text).slice(0, 100)}.`,
  );
}
