import { useEffect, useState, type ReactElement } from 'react';
import type { ShownJob } from '#console-api';
import { ProgressBar } from '../parts/progress.js';
import { rateOf, secondsLeft, withSample, type Sample } from '../parts/rate.js';
import { isOver } from '../parts/status.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';

/** How far it is, how quick, and how long it may take. */
export function ProgressPanel({ job }: { readonly job: ShownJob }): ReactElement {
  const { t, f } = useWords();
  const { progress } = job;
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  useEffect(() => setSamples((before) => withSample(before, progress)), [progress]);
  const over = isOver(job.statusCode);
  if (progress === undefined)
    return (
      <section className="card">
        <h2>{t.job.progress}</h2>
        <p className="soft">{t.job.noProgress}</p>
      </section>
    );
  const rate = rateOf(samples);
  const left = secondsLeft(progress, rate);
  const { bytesDone, bytesTotal, datasetsDone, datasetsTotal, phase, at } = progress;
  return (
    <section className="card">
      <h2>{t.job.progress}</h2>
      <ProgressBar progress={progress} />
      <dl className="tiles">
        <div>
          <dt>{t.job.bytes}</dt>
          <dd>{t.words.of(f.bytes(bytesDone), f.bytes(bytesTotal))}</dd>
        </div>
        <div>
          <dt>{t.job.datasetsDone}</dt>
          <dd>{t.words.of(f.number(datasetsDone), f.number(datasetsTotal))}</dd>
        </div>
        {!over && (
          <>
            <div>
              <dt>{t.job.rate}</dt>
              <dd>{rate === undefined ? <span className="soft">{t.job.rateUnknown}</span> : f.rate(rate)}</dd>
            </div>
            <div>
              <dt>{t.job.timeLeft}</dt>
              <dd>{left === undefined ? t.time.noTime : f.duration(left)}</dd>
            </div>
            {phase !== undefined && (
              <div>
                <dt>{t.job.phase}</dt>
                <dd>{wordOf(t.waits.phases, phase)}</dd>
              </div>
            )}
          </>
        )}
        {at !== undefined && (
          <div>
            <dt>{t.job.reported}</dt>
            <dd>
              <When at={at} />
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}
