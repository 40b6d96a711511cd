import { useMutation } from '@tanstack/react-query';
import { inspectUpload } from '@/api/inspect-upload';
import { upload } from '@/api/upload';
import { asApiError } from '@/lib/problem';
import { useSearchWords } from '@/lib/route';
import { ActionError, Allowed, Button, Panel, Quiet, Row } from '@/ui';

/** The file is sent and looked at; nothing is made of it yet. */
export function UploadStep({ project }: { project: string }) {
  const [, go] = useSearchWords();
  const send = useMutation({
    mutationFn: async (file: File) => inspectUpload(project, (await upload(project, file)).digest, {}),
    onSuccess: (made) => go({ upload: made.upload, inspection: made.id }),
  });
  return (
    <Panel title="Your file" note="CSV, or a zip with one CSV">
      <p>
        <Quiet>
          Its beginning and samples of the rest are looked at: how it is written, what each column holds, what is dirty.
          The file stays in this installation.
        </Quiet>
      </p>
      <Allowed project={project} action="edit">
        <Row>
          <Button component="label" loading={send.isPending}>
            Choose file
            <input
              type="file"
              accept=".csv,.tsv,.txt,.zip"
              hidden
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                if (file) send.mutate(file);
                event.currentTarget.value = '';
              }}
            />
          </Button>
          <Quiet>{send.isPending ? 'sending' : 'The first row should hold the names of the columns.'}</Quiet>
        </Row>
      </Allowed>
      <ActionError error={send.error ? asApiError(send.error) : null} />
    </Panel>
  );
}
