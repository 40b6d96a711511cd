import { Modal } from '@mantine/core';
import { useDebouncedValue, useDisclosure, useHotkeys } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useId, useState } from 'react';
import { searchProject } from '@/api/search-project';
import classes from './Palette.module.css';
import { found, type Place, pages } from './places';

/** Search or jump to anything of the project: a button in the top bar, and Ctrl or Cmd with K everywhere. */
export function Palette({ project }: { project: string }) {
  const [open, { open: show, close: hide }] = useDisclosure(false);
  useHotkeys([['mod+K', show]], []);
  return (
    <>
      <button type="button" className={classes.button} onClick={show} aria-keyshortcuts="Control+K Meta+K">
        <Glass />
        <span>Search or jump to…</span>
        <kbd>{/Mac/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <Modal
        opened={open}
        onClose={hide}
        withCloseButton={false}
        padding={0}
        radius={10}
        size={560}
        yOffset="12vh"
        attributes={{ content: { 'aria-label': 'Search or jump to' } }}
      >
        <Finder project={project} done={hide} />
      </Modal>
    </>
  );
}

function Finder({ project, done }: { project: string; done: () => void }) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const [settled] = useDebouncedValue(text.trim(), 120);
  const hits = useQuery(searchProject(project, settled));
  const navigate = useNavigate();
  const list = useId();
  const places = [...found(project, text, text.trim() ? (hits.data?.results ?? []) : []), ...pages(project, text)];
  const at = Math.min(chosen, Math.max(0, places.length - 1));

  const go = (place: Place | undefined) => {
    if (!place) return;
    done();
    void navigate({ to: place.to });
  };
  const press = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen((at + step + places.length) % Math.max(1, places.length));
    }
    if (event.key === 'Enter') go(places[at]);
  };
  return (
    <div>
      <input
        className={classes.field}
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={places.length ? `${list}-${at}` : undefined}
        aria-label="Search or jump to"
        placeholder="A part of a name, or a job id"
        maxLength={100}
        data-autofocus
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={press}
      />
      <div id={list} role="listbox" aria-label="Places" className={classes.list}>
        {places.map((place, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
          <div
            key={`${place.kind} ${place.to} ${place.name}`}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={classes.option}
            onClick={() => go(place)}
            onMouseMove={() => setChosen(index)}
          >
            <span className={classes.kind}>{place.kind}</span>
            <span className={classes.name}>{place.name}</span>
            <span className={classes.detail}>{place.detail}</span>
          </div>
        ))}
      </div>
      {places.length === 0 && (
        <p className={classes.nothing} role="status">
          {hits.error
            ? 'The search was not answered. Is the platform running?'
            : hits.isFetching
              ? 'Searching'
              : 'Nothing of this project has that in its name.'}
        </p>
      )}
    </div>
  );
}

function Glass() {
  return (
    <svg
      viewBox="0 0 16 16"
      width={14}
      height={14}
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.4}
      strokeLinecap="round"
    >
      <circle cx="7" cy="7" r="4.4" />
      <path d="m10.4 10.4 3 3" />
    </svg>
  );
}
