import { Link } from '@tanstack/react-router';
import { Fragment, type ReactElement } from 'react';
import type { ScrubRow } from '../calls/archive-shapes.js';
import { Said } from '../parts/said.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords } from '../parts/words.js';
import { copyStates } from './storage-search.js';

/** What is counted as not good: lists have one state each. */
const notGood = copyStates.filter((state) => state !== 'verified');

/** How many copies a share has, how many are bad, how well they are proven, and whether the promise can be kept. */
export function ScrubFacts({ scrub }: { readonly scrub: ScrubRow | undefined }): ReactElement | null {
  const { t, f } = useWords();
  if (scrub === undefined) return null;
  const { target, promise, counted, reading, waits } = scrub;
  const { storage } = t;
  return (
    <>
      <dt>{storage.copiesTitle}</dt>
      <dd>
        {counted === undefined ? (
          <span className="soft">{storage.notCounted}</span>
        ) : (
          <>
            {storage.copies(counted.copies, f.number(counted.copies), f.bytes(counted.bytes))}
            <span className={counted.damaged > 0 ? 'sub bad' : 'sub'}>
              {counted.damaged > 0 ? (
                <>
                  {storage.damaged(counted.damaged, f.number(counted.damaged))}
                  {notGood.map((state, index) => (
                    <Fragment key={state}>
                      {index === 0 ? ': ' : ', '}
                      <Link to="/storage" search={{ share: target, state }} hash="copies" activeProps={{}}>
                        {t.copyStates[state]}
                      </Link>
                    </Fragment>
                  ))}
                </>
              ) : (
                storage.noneDamaged
              )}{' '}
              <span className="soft">
                · {storage.counted} <When at={counted.at} />
              </span>
            </span>
          </>
        )}
      </dd>
      {counted?.oldest !== undefined && (
        <>
          <dt>{storage.oldest}</dt>
          <dd>
            <When at={counted.oldest} />
          </dd>
        </>
      )}
      <dt>{storage.scrub}</dt>
      <dd>
        {counted !== undefined && promise !== undefined && (
          <span>{storage.coverage(f.percent(counted.share), f.number(promise.days))}</span>
        )}
        <Forecast scrub={scrub} />
        {reading !== undefined && (
          <span className="sub">
            {storage.reading}: <bdi>{visible(String(reading.archiveId))}</bdi> ·{' '}
            {t.words.of(f.bytes(reading.done), f.bytes(reading.bytes))}
          </span>
        )}
        {waits !== undefined && (
          <span className="sub">
            <code>{visible(String(waits.code))}</code> <Said text={waits.text} most={200} />
          </span>
        )}
      </dd>
    </>
  );
}

function Forecast({ scrub: { promise, forecast } }: { readonly scrub: ScrubRow }): ReactElement | null {
  const { t, f } = useWords();
  if (promise === undefined || forecast === undefined) return null;
  const { bytesPerDay, hoursPerDay } = promise;
  const { keepsPromise, leastBytesPerDay, leastHoursPerDay = 0 } = forecast;
  return (
    <span className={keepsPromise ? 'sub' : 'sub bad'}>
      {t.storage.promise(f.bytes(bytesPerDay), f.number(hoursPerDay))}.{' '}
      {keepsPromise
        ? t.storage.keeps
        : leastBytesPerDay > bytesPerDay
          ? t.storage.fallsBehind(f.bytes(leastBytesPerDay))
          : t.storage.hoursNeeded(f.number(leastHoursPerDay))}
    </span>
  );
}
