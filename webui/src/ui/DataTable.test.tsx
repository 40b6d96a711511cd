import { fireEvent, render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { DataTable, type TableColumn } from './DataTable';

interface Kite {
  name: string;
  length: number;
}
const kites: Kite[] = [
  { name: 'red', length: 9 },
  { name: 'blue', length: 30 },
  { name: 'green', length: 12 },
];
const columns: TableColumn<Kite>[] = [
  { id: 'name', header: 'Kite', value: (kite) => kite.name, cell: (kite) => kite.name },
  { id: 'length', header: 'Length', right: true, value: (kite) => kite.length, cell: (kite) => `${kite.length} m` },
];
const names = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => row.firstChild?.textContent);

it('keeps the order it is given until a header is pressed, then sorts by value', () => {
  render(<DataTable label="Kites" rows={kites} columns={columns} rowKey={(kite) => kite.name} />);
  expect(names()).toEqual(['red', 'blue', 'green']);
  fireEvent.click(screen.getByRole('button', { name: 'Length' }));
  const header = screen.getByRole('columnheader', { name: /Length/ });
  expect(header.getAttribute('aria-sort')).toMatch(/ascending|descending/);
  expect([
    ['red', 'green', 'blue'],
    ['blue', 'green', 'red'],
  ]).toContainEqual(names());
});

it('says what it means when it is empty', () => {
  render(<DataTable label="Kites" rows={[]} columns={columns} rowKey={(kite) => kite.name} empty="No kite yet." />);
  expect(screen.getByText('No kite yet.')).toBeTruthy();
});
