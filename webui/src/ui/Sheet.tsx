import { Drawer } from '@mantine/core';
import classes from './Sheet.module.css';

/** The sheet from the right, for acts with a plan; its foot keeps the buttons in sight. */
export function Sheet(props: {
  open: boolean;
  onClose: () => void;
  title: string;
  note?: React.ReactNode;
  foot?: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <Drawer
      opened={props.open}
      onClose={props.onClose}
      lockScroll={false}
      title={
        <span>
          <span className={classes.title}>{props.title}</span>
          {props.note && <span className={classes.note}>{props.note}</span>}
        </span>
      }
      closeButtonProps={{ 'aria-label': 'Close' }}
      attributes={{ header: { role: 'presentation' } }}
      classNames={{ content: classes.content, header: classes.header, body: classes.body }}
    >
      <div className={classes.main}>{props.children}</div>
      {props.foot && <div className={classes.foot}>{props.foot}</div>}
    </Drawer>
  );
}

export type StageState = 'done' | 'now' | 'next' | 'failed';

/** Stages of a roll-out, in order, on one thread. */
export function Stages({
  items,
}: {
  items: { name: string; note?: React.ReactNode; took?: React.ReactNode; state: StageState; glyph: React.ReactNode }[];
}) {
  return (
    <ol className={classes.stages}>
      {items.map((item) => (
        <li key={item.name} data-state={item.state} aria-current={item.state === 'now' ? 'step' : undefined}>
          <span className={classes.node}>{item.glyph}</span>
          <span className={classes.stage}>{item.name}</span>
          <span className={classes.stageNote}>{item.note}</span>
          <span className={classes.took}>{item.took}</span>
        </li>
      ))}
    </ol>
  );
}

/** What an act changes: `~` changed, `+` added, `-` removed, `=` the same. */
export function PlanDiff({ rows }: { rows: { sign: '~' | '+' | '-' | '='; name: string; text: string }[] }) {
  return (
    <div className={classes.diff}>
      {rows.map((row) => (
        <div key={row.name}>
          <b data-sign={row.sign}>{row.sign === '-' ? '−' : row.sign}</b>
          <span>{row.name}</span>
          <code>{row.text}</code>
        </div>
      ))}
    </div>
  );
}
