/** One page of a long list; `next` is absent at its end, and given to the next call as `after`. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string;
}
