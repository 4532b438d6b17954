import type { ReactElement } from 'react';
import { useWords } from '../parts/words.js';

interface ListEndProps {
  /** How many are shown, in words. */
  readonly shown: string;
  /** What is said where there are no more. */
  readonly whole: string;
  readonly more: string;
  readonly lists: readonly MoreRows[];
}

/** A list that is loaded page by page. */
export interface MoreRows {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
}

/** Under a list: how many are shown, and more of them, of every list that it is put together from, or that it is whole. */
export function ListEnd({ shown, whole, more, lists }: ListEndProps): ReactElement {
  const { t } = useWords();
  const open = lists.filter(({ hasNextPage }) => hasNextPage);
  const isFetching = lists.some(({ isFetchingNextPage }) => isFetchingNextPage);
  return (
    <div className="list-end">
      <span className="soft small" role="status">
        {shown} {open.length === 0 && whole}
      </span>
      {open.length > 0 && (
        <button
          type="button"
          className="button quiet"
          aria-disabled={isFetching}
          onClick={() => {
            if (!isFetching) for (const list of open) void list.fetchNextPage();
          }}
        >
          {isFetching ? t.states.loading : more}
        </button>
      )}
    </div>
  );
}
