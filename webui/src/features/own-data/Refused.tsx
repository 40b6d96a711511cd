import type { Inspection } from '@/api/types';
import { useSearchWords } from '@/lib/route';
import { Button, Columns, Panel, Quiet, StateWord } from '@/ui';
import { FormatPanel } from './FormatPanel';

/** A file that cannot be read: why, where, and the two ways on. */
export function Refused({ project, inspection }: { project: string; inspection: Inspection }) {
  const [, go] = useSearchWords();
  const problem = inspection.problem;
  return (
    <Columns>
      <Panel title={`${inspection.filename || 'The file'} cannot be read`} note={problem?.code}>
        <div role="alert">
          <StateWord as="failed">{problem?.detail ?? 'The inspection failed.'}</StateWord>
        </div>
        <p>
          <Quiet>Correct the file and choose it again, or say how it is written.</Quiet>
        </p>
        <Button onClick={() => go({ upload: undefined, inspection: undefined })}>Choose another file</Button>
      </Panel>
      <FormatPanel project={project} upload={inspection.upload} format={{}} />
    </Columns>
  );
}
