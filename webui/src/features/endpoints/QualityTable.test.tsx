import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { Endpoint, Quality } from '@/api/types';
import { show } from '@/test/show';
import { NoQuality } from './QualityPanel';
import { QualityTable } from './QualityTable';

const labels = { matched: 4, unmatched: 0, waiting: 0, unknown: 0, newest_at: null };
const quality = (days: number): Quality => ({
  since: '2024-05-01',
  until: '2024-05-31',
  by: 'day',
  labels,
  following: false,
  job: null,
  versions: days
    ? [
        {
          model: 'fare',
          version: 3,
          task: 'regression',
          metric: 'mae',
          predictions: 4 * days,
          labelled: 2 * days,
          coverage: 0.5,
          days: Array.from({ length: days }, (_, place) => ({
            day: `2024-05-${String(place + 1).padStart(2, '0')}`,
            predictions: 4,
            labelled: place === 0 ? 0 : 2,
            coverage: place === 0 ? 0 : 0.5,
            metrics:
              place === 0
                ? { mae: null, rmse: null }
                : { mae: { value: 2.5, low: 2, high: 3 }, rmse: { value: 4, low: 3, high: 5 } },
            reasons: place === 0 ? { mae: 'no_labels', rmse: 'no_labels' } : ({} as Record<string, string>),
            computed_at: '2024-05-31T00:00:00Z',
          })),
        },
      ]
    : [],
});

it('shows the error of a regression per day, how many are labelled, and why a day has none', () => {
  show(<QualityTable project="p" quality={quality(2)} right={null} />);
  const [header, newest, oldest] = screen.getAllByRole('row');
  expect(header?.textContent).toMatch(/MAE.*RMSE/);
  expect(newest?.textContent).toMatch(/2 May.*fare v3.*4.*2, 50.%.*2\.500.*4\.000/);
  expect(oldest?.textContent).toMatch(/1 May.*0, 0.%.*no label yet/);
});

it('opens with the newest ten rows and shows the others on demand', () => {
  show(<QualityTable project="p" quality={quality(14)} right={null} />);
  expect(screen.getAllByRole('row')).toHaveLength(11);
  fireEvent.click(screen.getByRole('button', { name: 'All 14 rows' }));
  expect(screen.getAllByRole('row')).toHaveLength(15);
});

it('says how to send the first label where nothing is measured, and that a job is at work where one is', () => {
  const endpoint = { name: 'fares' } as Endpoint;
  show(<NoQuality project="p" endpoint={endpoint} quality={quality(0)} />);
  expect(screen.getByText(/endpoints\/fares\/labels/)).toBeTruthy();
  expect(screen.getByText(/what turned out to be true/)).toBeTruthy();
  show(<NoQuality project="p" endpoint={endpoint} quality={{ ...quality(0), following: true }} />);
  expect(screen.getByText(/A job is at work/)).toBeTruthy();
});
