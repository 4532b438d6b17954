import type { ReactElement } from 'react';
import { useAct } from '../act/acts.js';
import type { OfApp } from '../calls/app-pages.js';
import type { ScrubRow, ShareRow } from '../calls/archive-shapes.js';
import { ActButton } from '../parts/act-button.js';
import { refusalForAll } from '../parts/rights.js';
import { Said } from '../parts/said.js';
import { useHere } from '../parts/session.js';
import { Status } from '../parts/status.js';
import { visible } from '../parts/visible.js';
import { When } from '../parts/when.js';
import { useWords, wordOf } from '../parts/words.js';
import { OldestButton } from './oldest-button.js';
import { RoomBar } from './room-bar.js';
import { ScrubFacts } from './scrub-facts.js';
import { adoptDeed, identityText, shareModeDeed } from './share-deeds.js';

interface ShareCardProps {
  readonly share: OfApp<ShareRow>;
  readonly scrub: ScrubRow | undefined;
  /** Whether the name alone does not say which one it is. */
  readonly namesApp: boolean;
}

/** One share of an archiver: whether it is there, how full it is, what may happen there, and how well its copies are proven. */
export function ShareCard({ share, scrub, namesApp }: ShareCardProps): ReactElement {
  const { t, f } = useWords();
  const { name, app, code, reason, reserve = 0, freeBytes } = share;
  return (
    <li className="card share">
      <h3 className="share-name">
        <bdi>{visible(name)}</bdi>
        {namesApp && <span className="sub">{t.storage.ofApp(visible(app))}</span>}
      </h3>
      <div className="share-states">
        <Standing share={share} />
      </div>
      {reason !== undefined && (
        <p className="small bad">
          {code !== undefined && <code>{visible(code)}</code>} <Said text={reason} most={240} />
        </p>
      )}
      <Steering share={share} />
      <RoomBar archived={scrub?.counted?.bytes} free={freeBytes} reserve={reserve} />
      <dl className="pairs">
        <dt>{t.storage.identity}</dt>
        <dd>
          {wordOf(t.storage.identities, visible(share.state))}
          {share.identity !== undefined && <span className="sub">{identityText(t, share.identity)}</span>}
        </dd>
        {share.drives !== undefined && (
          <>
            <dt>{t.storage.drives}</dt>
            <dd>
              {t.storage.drivesOf(f.number(share.cartridges?.length ?? 0), f.number(share.drives))}
              {share.queue !== undefined && share.queue > 0 && (
                <span className="sub">{t.storage.waitForDrive(share.queue, f.number(share.queue))}</span>
              )}
            </dd>
          </>
        )}
        {share.cartridges !== undefined && share.cartridges.length > 0 && (
          <>
            <dt>{t.storage.cartridges}</dt>
            <dd>
              <bdi>{share.cartridges.map((one) => visible(String(one))).join(', ')}</bdi>
            </dd>
          </>
        )}
        <ScrubFacts scrub={scrub} />
      </dl>
      <ShareButtons share={share} scrub={scrub} />
    </li>
  );
}

/** Two things, each with its word: whether it is there, and what an operator said. */
function Standing({
  share: { up, state, looked, mode = 'run' },
}: {
  readonly share: ShareRow;
}): ReactElement {
  const { t } = useWords();
  const isUp = up ?? state !== 'away';
  const { states } = t.storage;
  return (
    <>
      {(!isUp || mode === 'run') && (
        <Status
          code={isUp ? 'up' : 'away'}
          word={isUp ? states.up : looked === false ? states.silent : states.away}
        />
      )}
      {mode !== 'run' && <Status code={mode} word={wordOf(states, mode)} />}
    </>
  );
}

/** Who said it, why and until when, and what runs there all the same. */
function Steering({ share }: { readonly share: ShareRow }): ReactElement | null {
  const { t, f } = useWords();
  const { mode = 'run', steered, running } = share;
  const isOpen = mode === 'run';
  return (
    <>
      {!isOpen && steered !== undefined && (
        <p className="note small">
          <span className="times">
            <span>
              {t.storage.steered} <bdi className="strong">{visible(steered.by)}</bdi>
            </span>
            <When at={steered.since} />
          </span>
          <q>
            <Said text={steered.reason} />
          </q>
          <span className="sub">
            {t.storage.until}{' '}
            {steered.until === undefined ? t.storage.untilSaid : <When at={steered.until} exact />}
          </span>
        </p>
      )}
      <p className="small soft">
        {running === undefined
          ? t.storage.runningUnknown
          : running === 0
            ? isOpen
              ? t.storage.nothingRuns
              : t.storage.isEmpty
            : (isOpen ? t.storage.running : t.storage.stillRunning)(running, f.number(running))}
      </p>
    </>
  );
}

function ShareButtons({ share, scrub }: Pick<ShareCardProps, 'share' | 'scrub'>): ReactElement {
  const { t } = useWords();
  const { session } = useHere();
  const ask = useAct();
  const { mode = 'run', identity, state } = share;
  const set = refusalForAll(session, 'pause.set', t);
  const button = (wanted: 'pause' | 'drain') =>
    mode !== wanted && (
      <ActButton
        text={`${t.archiveDeeds[wanted].confirm}…`}
        refusal={set}
        onAct={() => ask(shareModeDeed(t, share, wanted))}
      />
    );
  return (
    <div className="buttons">
      {mode !== 'run' && (
        <ActButton
          text={`${t.archiveDeeds.run.confirm}…`}
          refusal={set}
          onAct={() => ask(shareModeDeed(t, share, 'run'))}
        />
      )}
      {button('drain')}
      {button('pause')}
      {identity !== undefined && (state === 'away' || state === 'unidentified') && (
        <ActButton
          text={t.storage.adopt}
          refusal={refusalForAll(session, 'operations.act', t)}
          isDanger
          onAct={() => ask(adoptDeed(t, share, identity))}
        />
      )}
      <OldestButton share={share} oldest={scrub?.counted?.oldest} />
    </div>
  );
}
