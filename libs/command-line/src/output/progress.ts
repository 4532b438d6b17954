import { createRequire } from 'node:module';
import { bytesText, lineText, progressText } from './progress-text.js';

/** Shows how far a long step is; the step itself only counts. */
export interface Progress {
  /** @param bytes since the last call; negative when something has to be done again */
  advance(bytes: number): void;
  /** Where things stand, for a step that the server does. */
  set(done: number, total: number, label: string): void;
  end(): void;
}

const lineInterval = 5000;
/** Bars are loaded when there is a terminal to draw them on. */
const require = createRequire(import.meta.url);

export const noProgress: Progress = { advance: () => undefined, set: () => undefined, end: () => undefined };

/** A bar that redraws itself on a terminal. */
export function barOn(stream: NodeJS.WriteStream, label: string, total: number, text = bytesText): Progress {
  const { SingleBar } = require('cli-progress') as typeof import('cli-progress');
  const bar = new SingleBar({
    stream,
    format: '{label} {bar} {percentage} % of {size}, {remaining} left',
    barsize: 30,
    barCompleteChar: '=',
    barIncompleteChar: '-',
    hideCursor: true,
    fps: 5,
    etaBuffer: 50,
    stopOnComplete: false,
    gracefulExit: false,
  });
  let current = { done: 0, total, label };
  const payload = (): object => ({
    label: lineText(current.label),
    size: text(current.total),
    remaining: text(Math.max(0, current.total - current.done)),
  });
  // A bar of length 0 would show no percentage.
  bar.start(Math.max(total, 1), 0, payload());
  return {
    advance(bytes) {
      current = { ...current, done: current.done + bytes };
      bar.update(current.done, payload());
    },
    set(done, newTotal, newLabel) {
      current = { done, total: newTotal, label: newLabel };
      bar.setTotal(Math.max(newTotal, 1));
      bar.update(done, payload());
    },
    end: () => bar.stop(),
  };
}

/** Now and then a whole line, for logs and pipes. */
export function linesOn(
  say: (line: string) => void,
  label: string,
  total: number,
  text = bytesText,
): Progress {
  let began = Date.now();
  let current = { done: 0, total, label };
  // What the server had done before we first looked, or did under another name, tells nothing about the pace.
  let before: number | undefined;
  let said = began;
  const maybe = (): void => {
    if (Date.now() - said < lineInterval) return;
    said = Date.now();
    say(progressText({ ...current, elapsed: said - began, before: before ?? 0 }, text));
  };
  return {
    advance(bytes) {
      current = { ...current, done: current.done + bytes };
      maybe();
    },
    set(done, newTotal, newLabel) {
      if (before === undefined || newLabel !== current.label || done < before)
        [before, began] = [done, Date.now()];
      current = { done, total: newTotal, label: newLabel };
      maybe();
    },
    end: () => undefined,
  };
}
