import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { createProject } from '@/api/create-project';
import { getMe } from '@/api/get-me';
import { listProjects } from '@/api/list-projects';
import type { Project } from '@/api/types';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { ActionError, Ago, Button, CopyAs, ErrorState, Loading, Sheet, Tag, TextInput } from '@/ui';
import classes from './ProjectsPage.module.css';

export default function ProjectsPage() {
  const me = useQuery(getMe());
  const projects = useQuery({ ...listProjects(), enabled: me.isSuccess });
  const [making, setMaking] = useState(false);
  const error = me.error ?? projects.error;

  if (error && asApiError(error).status === 401) return <SignedOut />;
  if (error)
    return <ErrorState error={asApiError(error)} what="The list of projects" retry={() => void projects.refetch()} />;
  if (!projects.data) return <Loading />;
  return (
    <>
      <div className={classes.head}>
        <h1>Projects</h1>
        <Button onClick={() => setMaking(true)}>New project</Button>
      </div>
      {projects.data.results.length === 0 && (
        <p className={classes.none}>
          No project yet. A project holds one question: its data, features, models and endpoints.
        </p>
      )}
      <ul className={classes.list}>
        {projects.data.results.map((project) => (
          <Entry key={project.slug} project={project} />
        ))}
      </ul>
      <NewProject open={making} onClose={() => setMaking(false)} />
    </>
  );
}

function Entry({ project }: { project: Project }) {
  return (
    <li>
      <Link to={paths.home(project.slug)} className={classes.entry}>
        <span className={classes.line}>
          <b>{project.slug}</b>
          <Tag>Tier {project.tier}</Tag>
          <span className={classes.when}>
            made <Ago at={project.created_at} />
          </span>
        </span>
        <span className={classes.text}>{project.description || 'No description'}</span>
      </Link>
    </li>
  );
}

function SignedOut() {
  return (
    <>
      <div className={classes.head}>
        <h1>You are signed out</h1>
      </div>
      <p>
        <Link to={paths.signIn()}>How to sign in</Link>
      </p>
    </>
  );
}

function NewProject({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const body = { slug: name, description };
  const make = useMutation({
    mutationFn: () => createProject(body),
    onSuccess: async (project) => {
      await queries.invalidateQueries({ queryKey: ['projects'] });
      await navigate({ to: paths.home(project.slug) });
    },
  });
  const error = make.error ? asApiError(make.error) : null;
  const foot = (
    <>
      <CopyAs request={{ method: 'POST', path: '/api/v1/projects', body }} />
      <Button variant="subtle" onClick={onClose}>
        Cancel
      </Button>
      <Button onClick={() => make.mutate()} loading={make.isPending} disabled={!name}>
        Create project
      </Button>
    </>
  );
  return (
    <Sheet open={open} onClose={onClose} title="New project" foot={foot}>
      <TextInput
        label="Name"
        description="Small letters, digits, - and _. It becomes part of addresses."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={error?.at('/slug')}
        data-autofocus
      />
      <TextInput
        label="Description"
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
        error={error?.at('/description')}
      />
      <ActionError error={error} />
    </Sheet>
  );
}
