import { useEffect, useState, type ReactElement } from 'react';
import { useWords } from './words.js';

interface CopyButtonProps {
  readonly label: string;
  readonly text: () => string;
  readonly isInline?: boolean;
}

export function CopyButton({ label, text, isInline = false }: CopyButtonProps): ReactElement {
  const { t } = useWords();
  const [said, setSaid] = useState<string>();
  useEffect(() => {
    if (said === undefined) return undefined;
    const timer = setTimeout(() => setSaid(undefined), 2500);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      setSaid(t.copy.copied);
    } catch {
      // Without TLS browsers have no clipboard.
      setSaid(t.copy.failed);
    }
  };
  return (
    <button type="button" className={isInline ? 'inline' : 'button quiet'} onClick={() => void copy()}>
      <span aria-live="polite">{said ?? label}</span>
    </button>
  );
}
