import type { ReactElement } from 'react';
import { useWords } from '../parts/words.js';

interface RoomBarProps {
  /** Bytes of copies there; undefined while they have not been counted. */
  readonly archived: number | undefined;
  readonly free: number | undefined;
  /** Of what is free: bytes that stay free. */
  readonly reserve: number;
}

/** Room on a share as a bar, and the same in words: no storage tells how much of it others have. */
export function RoomBar({ archived, free, reserve }: RoomBarProps): ReactElement {
  const { t, f } = useWords();
  if (free === undefined) return <p className="soft">{t.storage.roomUnknown}</p>;
  const usable = Math.max(0, free - reserve);
  const kept = free - usable;
  const pieces = [
    { look: 'archived', bytes: archived ?? 0, word: t.storage.archived },
    { look: 'usable', bytes: usable, word: t.storage.free },
    { look: 'kept', bytes: kept, word: t.storage.reserve },
  ].filter(({ look }) => look !== 'archived' || archived !== undefined);
  const all = Math.max(
    1,
    pieces.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  const words = pieces.map(({ bytes, word }) => `${f.bytes(bytes)} ${word}`).join(', ');
  let place = 0;
  return (
    <div className="room">
      <svg
        className="room-bar"
        viewBox="0 0 1000 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${t.storage.room}: ${words}`}
      >
        {pieces.map(({ look, bytes }) => {
          const width = (bytes / all) * 1000;
          const x = place;
          place += width;
          return <rect key={look} className={look} x={x} y="0" width={width} height="10" />;
        })}
      </svg>
      <ul className="room-words">
        {pieces.map(({ look, bytes, word }) => (
          <li key={look}>
            <svg className="room-key" viewBox="0 0 10 10" aria-hidden="true">
              <rect className={look} width="10" height="10" />
            </svg>
            <span>
              <span className="num strong">{f.bytes(bytes)}</span> {word}
            </span>
          </li>
        ))}
      </ul>
      <p className="soft small">{t.storage.othersThere}</p>
      {usable === 0 && <p className="bad small">{t.storage.full}</p>}
    </div>
  );
}
