import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getQuality } from '@/api/get-quality';
import type { Endpoint, Quality } from '@/api/types';
import { asApiError } from '@/lib/problem';
import { useSearchWord } from '@/lib/route';
import { Allowed, Button, CurlBlock, ErrorState, Loading, Panel, Row } from '@/ui';
import { Choice } from './Choice';
import classes from './endpoints.module.css';
import { QualityChart } from './QualityChart';
import { QualityTable } from './QualityTable';
import { strays } from './quality';
import { SendLabels } from './SendLabels';

const RANGES: [string, string][] = [
  ['7d', '7 d'],
  ['30d', '30 d'],
  ['92d', '92 d'],
];
const USUAL = '30d';

/** How good the predictions turned out to be: by day and version, against the labels that have come so far. */
export function QualityPanel({ project, endpoint }: { project: string; endpoint: Endpoint }) {
  const [days, setDays] = useSearchWord('quality');
  const range = days ?? USUAL;
  const [sending, setSending] = useState(false);
  const found = useQuery({
    ...getQuality(project, endpoint.name, range),
    refetchInterval: (query) => (query.state.data?.following ? 1_500 : 15_000),
  });
  if (found.error)
    return (
      <ErrorState error={asApiError(found.error)} what="The realised quality" retry={() => void found.refetch()} />
    );
  if (!found.data) return <Loading rows={5} />;
  const tools = (
    <Row wrap={false}>
      <Choice
        label="Days"
        value={range}
        options={RANGES}
        onChoose={(one) => setDays(one === USUAL ? undefined : one)}
      />
      <Allowed project={project} action="edit" quiet>
        <Button size="sm" variant="default" onClick={() => setSending(true)}>
          Send labels
        </Button>
      </Allowed>
    </Row>
  );
  return (
    <>
      {found.data.versions.length === 0 ? (
        <NoQuality project={project} endpoint={endpoint} quality={found.data} right={tools} />
      ) : (
        <>
          <QualityChart quality={found.data} />
          <QualityTable project={project} quality={found.data} right={tools} />
        </>
      )}
      <SendLabels project={project} endpoint={endpoint} open={sending} onClose={() => setSending(false)} />
    </>
  );
}

/** Nothing was measured in the range: why, and the request that changes it. */
export function NoQuality(props: { project: string; endpoint: Endpoint; quality: Quality; right?: React.ReactNode }) {
  const { project, endpoint, quality } = props;
  const path = `/api/v1/projects/${project}/endpoints/${endpoint.name}/labels`;
  const body = { labels: [{ request_id: 'req_…', value: 1 }] };
  return (
    <Panel title="Realised quality: no label in this range" note={strays(quality.labels)} right={props.right}>
      <p className={classes.lead}>
        {quality.following
          ? 'A job is at work on the labels that came.'
          : 'Tell the endpoint what turned out to be true, by the request id of its answer or by keys and time. The quality of each day and version then stands here.'}
      </p>
      <CurlBlock request={{ method: 'POST', path, body }} />
    </Panel>
  );
}
