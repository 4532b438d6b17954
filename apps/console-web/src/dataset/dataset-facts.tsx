import type { ReactElement } from 'react';
import type { DatasetRecord } from '../calls/archive-shapes.js';
import { Said } from '../parts/said.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';

/** What the catalogue says of a dataset, to everyone who may see it. */
export function DatasetFacts({ record }: { readonly record: DatasetRecord }): ReactElement {
  const { t, f } = useWords();
  const { pid, ownerGroup, size, packedSize, numberOfFiles, numberOfFilesArchived } = record;
  const { datasetlifecycle, creationTime } = record;
  const { archivable, retrievable, archiveStatusMessage, retrieveStatusMessage, archiveRetentionTime } =
    datasetlifecycle ?? {};
  const yes = (is: boolean | undefined): string | undefined =>
    typeof is === 'boolean' ? (is ? t.words.yes : t.words.no) : undefined;
  const rows = [
    [t.dataset.pid, <bdi className="mono">{visible(pid)}</bdi>],
    [t.dataset.group, ownerGroup && <bdi>{visible(ownerGroup)}</bdi>],
    [t.dataset.size, size !== undefined && f.bytes(size)],
    [t.dataset.packed, packedSize !== undefined && packedSize > 0 && f.bytes(packedSize)],
    [
      t.dataset.files,
      numberOfFiles !== undefined &&
        t.dataset.filesOf(f.number(numberOfFilesArchived ?? 0), f.number(numberOfFiles)),
    ],
    [t.jobs.columns.created, creationTime && <When at={creationTime} />],
    [t.dataset.retrievable, yes(retrievable)],
    [t.dataset.archivable, yes(archivable)],
    [t.dataset.archiveStatus, archiveStatusMessage && <Said text={archiveStatusMessage} most={200} />],
    [t.dataset.retrieveStatus, retrieveStatusMessage && <Said text={retrieveStatusMessage} most={200} />],
    [t.dataset.retention, archiveRetentionTime && <When at={archiveRetentionTime} exact />],
  ] as const;
  return (
    <dl className="pairs">
      {rows.map(
        ([name, value]) =>
          value !== undefined &&
          value !== false &&
          value !== '' && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
