import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { metrics, type Sample } from '#observability';
import { UploadLists } from './upload-lists.js';

/** Milliseconds the database may take for a count. */
const maxTimeMS = 1000;

/** Uploads by state, and the room for them. */
@Injectable()
export class UploadNumbers implements OnApplicationBootstrap {
  constructor(private readonly lists: UploadLists) {}

  onApplicationBootstrap(): void {
    metrics.measure({
      name: 'uploads of ingestors',
      gauges: {
        catena_ingestor_uploads: { help: 'Uploads of ingestors, by state.', labels: ['state'] },
        catena_ingestor_space_bytes: {
          help: 'Bytes of the landing zone for ingestors: all, reserved for uploads, and filled by those that ended.',
          labels: ['kind'],
        },
      },
      read: () => this.read(),
    });
  }

  private async read(): Promise<Sample[]> {
    const [states, { space, reserved, landed }] = await Promise.all([
      this.lists.byState(maxTimeMS),
      this.lists.room(),
    ]);
    return [
      ...[...states].map(([state, value]) => ({
        metric: 'catena_ingestor_uploads',
        labels: { state },
        value,
      })),
      ...Object.entries({ all: space, reserved, landed }).map(([kind, value]) => ({
        metric: 'catena_ingestor_space_bytes',
        labels: { kind },
        value,
      })),
    ];
  }
}
