import { describe, expect, it } from 'vitest';
import { ago, brief, bytes, delta, duration, milliseconds, number, percent, short, words } from './format';

describe('numbers', () => {
  it('separate thousands and use the true minus sign', () => {
    expect(number(336776)).toBe('336,776');
    expect(number(-0.0125, 3)).toBe('\u22120.013');
    expect(delta(0.026)).toBe('+0.026');
    expect(number(null)).toBe('none');
  });

  it('keep about four digits whatever their size', () => {
    expect(brief(0.78334)).toBe('0.7833');
    expect(brief(1.23456)).toBe('1.235');
    expect(brief(0.0000123)).toBe('1.23e\u22125');
    expect(brief(42)).toBe('42');
    expect(brief('red')).toBe('red');
  });

  it('stand before their unit with a space', () => {
    expect(percent(0.174)).toBe('17.4\u00a0%');
    expect(bytes(4_900_000)).toBe('4.7\u00a0MB');
    expect(milliseconds(0.714)).toBe('0.71\u00a0ms');
  });
});

describe('times', () => {
  it('are said in the two largest units', () => {
    expect(duration(0.42)).toBe('0.4\u00a0s');
    expect(duration(130)).toBe('2\u00a0min 10\u00a0s');
    expect(duration(3_900)).toBe('1\u00a0h 5\u00a0min');
  });

  it('are relative under a day and a date after it', () => {
    const now = Date.parse('2026-03-02T12:00:00Z');
    expect(ago('2026-03-02T11:48:00Z', now)).toBe('12\u00a0min ago');
    expect(ago('2026-02-20T12:00:00Z', now)).toBe('20 Feb 2026');
    expect(ago(null, now)).toBe('never');
  });
});

describe('names', () => {
  it('become words, ids their recognisable end', () => {
    expect(words('training_set')).toBe('Training set');
    expect(words('lightgbm')).toBe('LightGBM');
    expect(short('job_01m7xbzmbyzy5m73bthk62hc5d')).toBe('job_hk62hc5d');
  });
});
