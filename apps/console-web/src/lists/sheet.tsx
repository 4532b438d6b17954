import type { ReactElement, ReactNode } from 'react';

export interface Column<Row> {
  readonly label: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
}

interface SheetProps<Row> {
  readonly caption: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** There are more than these, so that the number of rows is not known. */
  readonly hasMore?: boolean;
}

/** A table that is one of cards on a phone, where each value bears the name of its column. */
export function Sheet<Row>({
  caption,
  rows,
  columns,
  keyOf,
  hasMore = false,
}: SheetProps<Row>): ReactElement {
  return (
    <table className="rows sheet" aria-rowcount={hasMore ? -1 : rows.length + 1}>
      <caption className="hidden">{caption}</caption>
      <thead>
        <tr aria-rowindex={1}>
          {columns.map(({ label, isNumber }) => (
            <th key={label} scope="col" className={isNumber === true ? 'num' : undefined}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={keyOf(row)} data-row aria-rowindex={index + 2}>
            {columns.map(({ label, cell, isNumber }) => (
              <td key={label} data-label={label} className={isNumber === true ? 'num' : undefined}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
