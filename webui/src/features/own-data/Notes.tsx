import type { InspectionNote } from '@/api/types';
import { Panel, Quiet, StateGlyph, type StateName } from '@/ui';
import classes from './own-data.module.css';

const GLYPH: Record<string, StateName> = { leakage: 'failed', dirt: 'drift', ambiguous_date: 'drift' };
const PLACES = ['leakage', 'dirt', 'guessed_encoding', 'ambiguous_date', 'assumed_timezone', 'nulls'];
const place = (note: InspectionNote) => (PLACES.includes(note.kind) ? PLACES.indexOf(note.kind) : PLACES.length);

/** What was noticed, the gravest first: what it is, and what to do about it. */
export function Notes({ title, notes, none }: { title: string; notes: InspectionNote[]; none: string }) {
  const sorted = [...notes].sort((a, b) => place(a) - place(b));
  return (
    <Panel title={title} note={notes.length ? String(notes.length) : undefined}>
      {sorted.length === 0 && <Quiet>{none}</Quiet>}
      <ul className={classes.notes}>
        {sorted.map((note) => (
          <li key={[note.kind, note.column, note.target, note.detail].join()} data-kind={note.kind}>
            <StateGlyph state={GLYPH[note.kind] ?? 'late'} label={note.kind} />
            <div>
              <b>{note.detail}</b>
              <p>{note.advice}</p>
              {(note.samples ?? []).map((sample) => (
                <code key={sample}>{sample}</code>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
