import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { AuditEntry } from '#console-api';
import { Said } from '../parts/said.js';
import { Status } from '../parts/status.js';
import { beginning, visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';

interface DeedRowProps {
  readonly entry: AuditEntry & { readonly app: string };
}

/** Who did what to which, why, and what came of it, in two lines. */
export function DeedRow({ entry }: DeedRowProps): ReactElement {
  const { t } = useWords();
  const { by, action, at, reason, outcome, fault } = entry;
  return (
    <li className="deed" data-row>
      <span>
        <bdi className="strong">{visible(by)}</bdi> {wordOf(t.did, action)} <Subject entry={entry} />
        {outcome !== 'done' && (
          <>
            {' '}
            <Status code={outcome} word={wordOf(t.audit.outcomes, outcome)} />
          </>
        )}
      </span>
      {reason !== undefined && reason !== '' && (
        <span className="reason sub">
          <q>
            <Said text={reason} most={200} />
          </q>
        </span>
      )}
      {fault !== undefined && (
        <span className="sub bad">
          <code>{visible(fault.code)}</code> <Said text={fault.message} most={200} />
        </span>
      )}
      <span className="sub">
        <When at={at} /> · <bdi>{visible(entry.app)}</bdi> · {wordOf(t.audit.vias, entry.via)}
      </span>
    </li>
  );
}

/** With a way there, where there is a page of it. */
function Subject({ entry: { subject, jobId, action, app } }: DeedRowProps): ReactElement {
  const text = <code>{visible(beginning(subject, 100).text)}</code>;
  const message = action.startsWith('parking-lot.') ? subject.slice(app.length + 1) : '';
  if (message !== '' && subject.startsWith(`${app}/`))
    return (
      <Link to="/messages/$app/$id" params={{ app, id: message }} data-main>
        {text}
      </Link>
    );
  const job = subject.startsWith('job/') ? subject.slice(4) : jobId;
  if (job === undefined || job === '') return text;
  return (
    <Link to="/jobs/$id" params={{ id: job }} data-main>
      {text}
    </Link>
  );
}
