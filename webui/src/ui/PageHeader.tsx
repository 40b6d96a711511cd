import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import classes from './PageHeader.module.css';

export interface Crumb {
  label: string;
  to?: string;
}

interface PageHeaderProps {
  crumbs: Crumb[];
  title: string;
  mono?: boolean;
  badges?: React.ReactNode;
  actions?: React.ReactNode;
  provenance?: React.ReactNode;
  tabs?: React.ReactNode;
}

/** Breadcrumb, title with its states, actions at the right, provenance under the title, then tabs. */
export function PageHeader({ crumbs, title, mono = false, badges, actions, provenance, tabs }: PageHeaderProps) {
  return (
    <header className={classes.header}>
      <nav aria-label="Breadcrumb" className={classes.crumbs}>
        {crumbs.map((crumb, place) => (
          <Fragment key={crumb.label}>
            {place > 0 && <span aria-hidden="true">/</span>}
            {crumb.to ? <Link to={crumb.to}>{crumb.label}</Link> : <span>{crumb.label}</span>}
          </Fragment>
        ))}
      </nav>
      <div className={classes.line}>
        <h1 className={classes.title} data-mono={mono}>
          {title}
        </h1>
        {badges}
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {provenance && <div className={classes.provenance}>{provenance}</div>}
      {tabs}
    </header>
  );
}

/** One part of the provenance line: a name and a value, mono for ids, a link where there is a page. */
export function Origin({
  name,
  children,
  mono = false,
  to,
}: {
  name?: string;
  children: React.ReactNode;
  mono?: boolean;
  to?: string;
}) {
  const value = <span data-mono={mono}>{children}</span>;
  return (
    <span className={classes.origin}>
      {name && <span className={classes.originName}>{name}</span>}
      {to ? <Link to={to}>{value}</Link> : value}
    </span>
  );
}

/** Tabs of a page; the chosen one is in the URL. */
export function PageTabs(props: {
  value: string;
  tabs: [string, string, number?][];
  onChange: (value: string) => void;
  right?: React.ReactNode;
}) {
  return (
    <div className={classes.tabs}>
      <div role="tablist" className={classes.tablist}>
        {props.tabs.map(([value, label, count]) => (
          <button
            key={value}
            type="button"
            role="tab"
            aria-selected={props.value === value}
            className={classes.tab}
            onClick={() => props.onChange(value)}
          >
            {label}
            {count !== undefined && <span className={classes.count}>{count}</span>}
          </button>
        ))}
      </div>
      {props.right && <div className={classes.tabsRight}>{props.right}</div>}
    </div>
  );
}
