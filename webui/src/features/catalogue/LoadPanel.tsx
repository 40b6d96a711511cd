import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getProject } from '@/api/get-project';
import { loadFeatureView } from '@/api/load-feature-view';
import type { FeatureView } from '@/api/types';
import { exact, number } from '@/lib/format';
import { asApiError } from '@/lib/problem';
import { ActionError, Ago, Allowed, Button, Facts, None, Panel, Row, StateBadge, TextInput } from '@/ui';

/** How fresh the online copy is, and loading it again as of a moment. */
export function LoadPanel({ project, view }: { project: string; view: FeatureView }) {
  const load = view.online_load;
  const clock = useQuery(getProject(project)).data?.clock;
  const [asOf, setAsOf] = useState<string | null>(null);
  const moment = asOf ?? clock ?? new Date().toISOString().slice(0, 19).concat('Z');
  const queries = useQueryClient();
  const start = useMutation({
    mutationFn: () => loadFeatureView(project, view.name, moment),
    onSettled: () => queries.invalidateQueries({ queryKey: ['project', project] }),
  });
  if (view.spec.online === false) {
    return (
      <Panel title="Served">
        <None>This view is offline only: other views and training sets read it.</None>
      </Panel>
    );
  }
  const error = start.error ? asApiError(start.error) : null;
  return (
    <Panel
      title="Served"
      right={load ? <StateBadge as="live">Online</StateBadge> : <StateBadge as="empty">Not loaded</StateBadge>}
    >
      <Facts
        items={[
          ['As of', load ? exact(load.as_of) : <None key="asof">never loaded</None>],
          ['Keys', number(load?.keys)],
          ['Loaded', <Ago key="loaded" at={load?.finished_at ?? load?.created_at} />],
          ['Kept', view.spec.ttl ?? 'for ever'],
        ]}
      />
      <Row wrap={false}>
        <TextInput
          aria-label="As of"
          value={moment}
          onChange={(event) => setAsOf(event.currentTarget.value)}
          error={error?.at('/as_of')}
          style={{ flex: 1 }}
        />
        <Allowed project={project} action="edit" quiet>
          <Button variant="default" onClick={() => start.mutate()} loading={start.isPending}>
            Load as of
          </Button>
        </Allowed>
      </Row>
      <ActionError error={error} />
    </Panel>
  );
}
