import { useEffect, useState, type ReactElement } from 'react';
import { livenessOf, notConnected, type LiveState } from '../live/live-state.js';
import { isOperator } from '../parts/rights.js';
import { useHere } from '../parts/session.js';
import { useWords } from '../parts/words.js';
import { useLive } from './live-context.js';

/** Whether what is shown is as it is now: live, how old, or not connected. */
export function LiveMark(): ReactElement {
  const { t, f, now } = useWords();
  const { session, settings } = useHere();
  const state = useLiveState();
  const [, setSecond] = useState(0);
  const isOld = state.isOpen && state.upstream === 'away';
  useEffect(() => {
    if (!isOld) return undefined;
    let timer = setTimeout(function tick() {
      setSecond((second) => second + 1);
      timer = setTimeout(tick, 1000);
    }, 1000);
    return () => clearTimeout(timer);
  }, [isOld]);
  const liveness = livenessOf(state, now().getTime());
  const word = liveness.kind === 'old' ? t.live.old(f.duration(liveness.seconds)) : t.live[liveness.kind];
  const isPolled = !(state.isTold ?? settings.told === true) && isOperator(session);
  const title = `${t.live.explain[liveness.kind]}${isPolled ? ` ${t.live.polled}` : ''}`;
  return (
    <span className={`live ${liveness.kind}`} title={title}>
      <span className="live-dot" aria-hidden="true" />
      <span>{word}</span>
    </span>
  );
}

function useLiveState(): LiveState {
  return useLive() ?? notConnected;
}
