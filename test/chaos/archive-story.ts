import { Installation } from '../support/installation.js';
import { archiving } from './archive-play.js';
import { play } from './stage.js';

await play(
  'archive',
  async () => {
    const installation = await Installation.create({
      shares: 2,
      environment: { LTS_COPIES: '2', DATABLOCK_MOST_FILES: '5' },
    });
    return { installation, close: (failed) => installation.stop(failed) };
  },
  (stage) => archiving(stage),
);
