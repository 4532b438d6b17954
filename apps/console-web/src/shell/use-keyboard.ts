import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { nowMs } from '../parts/ticker.js';
import {
  afterKey,
  goToActions,
  isForOthers,
  markRow,
  moveInRows,
  type KeyAction,
  type KeyState,
} from './keyboard.js';

/** The keys of the whole console. */
export function useKeyboard(help: () => void): void {
  const navigate = useNavigate();
  const state = useRef<KeyState>({});
  useEffect(() => {
    const act = (action: KeyAction): void => {
      switch (action.kind) {
        case 'find':
          return document.querySelector<HTMLInputElement>('#find')?.focus();
        case 'help':
          return help();
        case 'down':
          return moveInRows(1);
        case 'up':
          return moveInRows(-1);
        case 'actions':
          return goToActions();
        case 'mark':
          return markRow();
        case 'go':
          return void navigate({ to: action.to });
      }
    };
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isForOthers(event.target)) return;
      const { state: next, action } = afterKey(state.current, event.key, nowMs());
      state.current = next;
      if (action === undefined) return;
      event.preventDefault();
      act(action);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [help, navigate]);
}
