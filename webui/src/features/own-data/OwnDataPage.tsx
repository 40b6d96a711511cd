import { useQuery } from '@tanstack/react-query';
import { getInspection } from '@/api/get-inspection';
import { paths } from '@/lib/paths';
import { asApiError } from '@/lib/problem';
import { useParam, useSearchWords } from '@/lib/route';
import { ErrorState, Loading, PageHeader } from '@/ui';
import { CheckStep } from './CheckStep';
import { DeployStep } from './DeployStep';
import { type Place, Steps } from './Steps';
import { TargetStep } from './TargetStep';
import { TrainStep } from './TrainStep';
import { UploadStep } from './UploadStep';

/** From a file to an endpoint that answers. Where somebody stands is in the address, so that a reload goes on from there. */
export default function OwnDataPage() {
  const project = useParam('project');
  const [words] = useSearchWords();
  const place = placeOf(words);
  return (
    <>
      <PageHeader
        crumbs={[{ label: project, to: paths.home(project) }, { label: 'Own data' }]}
        title="Use your own data"
        provenance="From a CSV file to a model that answers requests. Nothing is trained or served before you say so."
      />
      <Steps place={place} />
      <Step project={project} place={place} />
    </>
  );
}

function placeOf(words: Record<string, string | undefined>): Place {
  if (words.deploy) return 'deploy';
  if (words.model) return 'train';
  if (words.source) return 'target';
  return words.inspection ? 'check' : 'upload';
}

function Step({ project, place }: { project: string; place: Place }) {
  const [{ upload = '', inspection = '' }] = useSearchWords();
  const looked = useQuery({
    ...getInspection(project, upload, inspection),
    enabled: place !== 'upload',
    refetchInterval: (query) => (query.state.data?.state === 'queued' ? 300 : false),
  });
  if (place === 'upload') return <UploadStep project={project} />;
  if (looked.error) return <ErrorState error={asApiError(looked.error)} what="The inspection of the file" />;
  if (!looked.data || looked.data.state === 'queued') return <Loading />;
  if (place === 'check') return <CheckStep key={inspection} project={project} inspection={looked.data} />;
  if (!looked.data.found) return <CheckStep key={inspection} project={project} inspection={looked.data} />;
  if (place === 'target') return <TargetStep project={project} found={looked.data.found} />;
  return place === 'train' ? (
    <TrainStep project={project} found={looked.data.found} />
  ) : (
    <DeployStep project={project} found={looked.data.found} />
  );
}
