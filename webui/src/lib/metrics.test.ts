import { describe, expect, it } from 'vitest';
import { bestOf } from './metrics';

const run = (name: string, metric: string, value: number) => ({ name, metrics: { test: { [metric]: { value } } } });

describe('the best run', () => {
  it('is found among the runs of the same metric, the highest AUC and the lowest error', () => {
    const runs = [run('a', 'rmse', 40), run('b', 'auc', 0.6), run('c', 'auc', 0.7), run('d', 'rmse', 30)];
    expect(bestOf(runs)).toEqual([
      { metric: 'auc', value: 0.7, run: 'c' },
      { metric: 'rmse', value: 30, run: 'd' },
    ]);
  });

  it('is the earlier one of equals, and none where nothing has finished', () => {
    expect(bestOf([run('a', 'auc', 0.5), run('b', 'auc', 0.5)])[0]?.run).toBe('a');
    expect(bestOf([{ name: 'waits', metrics: {} }])).toEqual([]);
  });
});
