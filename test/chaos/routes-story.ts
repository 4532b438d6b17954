import { Installation } from '../support/installation.js';
import { archiving } from './archive-play.js';
import { operators, unmounting } from './operators.js';
import { play } from './stage.js';

const targets = ['disk', 'vault'];

/** Two archivers, two targets, two copies; operators steer, and shares are unmounted while work is under way. */
await play(
  'routes',
  async () => {
    const installation = await Installation.create({
      shares: 2,
      environment: { DATABLOCK_MOST_FILES: '5' },
      routes: (places) => `targets:
  - { name: disk, kind: share, options: { place: ${places[0]} }, limits: { write: 4, read: 4 } }
  - { name: vault, kind: share, options: { place: ${places[1]} }, limits: { write: 2, read: 2 } }
routes:
  - { name: large, when: { minSize: 1MiB }, targets: [vault, disk], copies: 2, priority: background }
  - { name: default, targets: [disk, vault], copies: 2 }
`,
    });
    return { installation, close: (failed) => installation.stop(failed) };
  },
  (stage) =>
    archiving(stage, [
      ...operators(stage.fleet, targets, ['large', 'default']),
      unmounting(stage.installation),
    ]),
);
