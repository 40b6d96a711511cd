import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import classes from './DataTable.module.css';

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns });

export interface TableColumn<Row> {
  id: string;
  header: string;
  /** What is shown; `value` is what is sorted by. */
  cell: (row: Row) => React.ReactNode;
  value?: (row: Row) => string | number | boolean | null | undefined;
  right?: boolean;
  width?: number | string;
}

interface DataTableProps<Row> {
  label: string;
  rows: Row[];
  columns: TableColumn<Row>[];
  rowKey: (row: Row) => string;
  empty?: string;
  selected?: string;
  compact?: boolean;
  sort?: { id: string; desc: boolean };
}

/** The console's one table: hairlines, words left, numbers right, headers sort. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { rows, columns, rowKey } = props;
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, Row>();
    return helper.columns(
      columns.map((column) =>
        helper.accessor((row: Row) => (column.value ? column.value(row) : undefined), {
          id: column.id,
          header: column.header,
          enableSorting: Boolean(column.value),
        }),
      ),
    );
  }, [columns]);
  const table = useTable({
    features,
    columns: definitions,
    data: rows,
    getRowId: rowKey,
    initialState: { sorting: props.sort ? [props.sort] : [] },
  });
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);

  const box = useRef<HTMLDivElement>(null);
  const wide = useOverflow(box);

  return (
    <div
      ref={box}
      className={classes.scroll}
      {...(wide ? { tabIndex: 0, role: 'region', 'aria-label': `${props.label}, scrolls` } : {})}
    >
      <table className={classes.table} data-compact={props.compact} aria-label={props.label}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => (
                <HeaderCell
                  key={header.id}
                  column={byId.get(header.column.id)}
                  sorted={header.column.getIsSorted()}
                  onSort={header.column.getCanSort() ? header.column.getToggleSortingHandler() : undefined}
                />
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} data-selected={props.selected === row.id || undefined}>
              {columns.map((column) => (
                <td key={column.id} data-right={column.right}>
                  {column.cell(row.original)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p className={classes.none}>{props.empty ?? 'none'}</p>}
    </div>
  );
}

/** Whether the content is wider than its box. */
function useOverflow(box: RefObject<HTMLElement | null>): boolean {
  const [wide, setWide] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => setWide(element.scrollWidth > element.clientWidth));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [box]);
  return wide;
}

function HeaderCell<Row>(props: {
  column?: TableColumn<Row>;
  sorted: false | 'asc' | 'desc';
  onSort?: (event: unknown) => void;
}) {
  const { column, sorted, onSort } = props;
  const order = sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined;
  const arrow = sorted === 'asc' ? ' ↑' : sorted === 'desc' ? ' ↓' : '';
  return (
    <th scope="col" aria-sort={order} data-right={column?.right} style={{ width: column?.width }}>
      {onSort ? (
        <button type="button" data-sorted={Boolean(sorted)} onClick={onSort}>
          {column?.header}
          {arrow}
        </button>
      ) : (
        column?.header || <span className={classes.hidden}>Actions</span>
      )}
    </th>
  );
}
