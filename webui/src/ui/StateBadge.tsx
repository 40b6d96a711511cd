import { words } from '@/lib/format';
import classes from './marks.module.css';
import { StateGlyph, type StateName, stateOf, TONE } from './StateGlyph';

/** A state as glyph, colour and word. */
export function StateBadge({
  state,
  children,
  as,
}: {
  state?: string | null;
  children?: React.ReactNode;
  as?: StateName;
}) {
  const name = as ?? stateOf(state);
  return (
    <span className={classes.badge} data-tone={TONE[name]}>
      <StateGlyph state={name} />
      {children ?? words(state ?? name)}
    </span>
  );
}

/** The same without ground, for tables and panel corners. */
export function StateWord({
  state,
  children,
  as,
}: {
  state?: string | null;
  children?: React.ReactNode;
  as?: StateName;
}) {
  const name = as ?? stateOf(state);
  return (
    <span className={classes.word} data-tone={TONE[name]}>
      <StateGlyph state={name} />
      {children ?? words(state ?? name)}
    </span>
  );
}

/** A checked fact (outlined, with a tick) or a plain outlined tag. */
export function Tag({ children, checked = false }: { children: React.ReactNode; checked?: boolean }) {
  return (
    <span className={classes.tag}>
      {checked && (
        <svg viewBox="0 0 16 16" width={12} height={12} aria-hidden="true">
          <path d="m3 8.5 3.2 3.2L13 4.8" fill="none" stroke="currentColor" strokeWidth={1.6} strokeLinecap="round" />
        </svg>
      )}
      {children}
    </span>
  );
}

export type Role = 'champion' | 'candidate' | 'baseline';

/** Champion: lapis circle. Candidate: murex diamond. Baseline: grey square. */
export function RoleMark({ as: role, size = 9 }: { as: Role; size?: number }) {
  return (
    <svg viewBox="0 0 10 10" width={size} height={size} className={classes.role} data-role={role} aria-hidden="true">
      {role === 'champion' && <circle cx="5" cy="5" r="4" />}
      {role === 'candidate' && <path d="M5 0.4 9.6 5 5 9.6 0.4 5z" />}
      {role === 'baseline' && <rect x="1.2" y="1.2" width="7.6" height="7.6" />}
    </svg>
  );
}
