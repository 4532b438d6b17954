import type { ReactElement } from 'react';

const shapes = {
  /** A ring: not begun. */
  ring: <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="2" />,
  /** A ring that is half full: under way. */
  half: (
    <>
      <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="M8 2.8a5.2 5.2 0 0 1 0 10.4z" fill="currentColor" />
    </>
  ),
  tick: <path d="M3 8.6l3.2 3.2L13 4.9" fill="none" stroke="currentColor" strokeWidth="2.2" />,
  cross: <path d="M4 4l8 8M12 4l-8 8" fill="none" stroke="currentColor" strokeWidth="2.2" />,
  /** A triangle: some of it failed, or look here. */
  triangle: (
    <path
      d="M8 2.2L14.6 13.6H1.4z"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.9"
      strokeLinejoin="round"
    />
  ),
  dash: <path d="M3.4 8h9.2" fill="none" stroke="currentColor" strokeWidth="2.4" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.8" fill="none" stroke="currentColor" strokeWidth="1.7" />
      <path d="M8 4.8V8l2.3 1.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
    </>
  ),
  dot: <circle cx="8" cy="8" r="4" fill="currentColor" />,
  down: <path d="M4 6l4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.8" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.7" />
      <path d="M10.4 10.4L14 14" fill="none" stroke="currentColor" strokeWidth="1.7" />
    </>
  ),
} as const;

export type Shape = keyof typeof shapes;

export function Icon({ shape }: { readonly shape: Shape }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {shapes[shape]}
    </svg>
  );
}
