import { useQuery } from '@tanstack/react-query';
import { getModelVersion } from '@/api/get-model-version';
import type { Endpoint, ModelVersionDetail, Signature } from '@/api/types';
import { brief, bytes, milliseconds } from '@/lib/format';
import { leading, nameOf } from '@/lib/metrics';
import { DataTable, None, Panel, PlanDiff, StateGlyph, type StateName } from '@/ui';

interface PlanProps {
  project: string;
  version: ModelVersionDetail;
  endpoint?: Endpoint;
  name: string;
}

/** What the roll-out changes, and the two versions side by side. */
export function Plan({ project, version, endpoint, name }: PlanProps) {
  const current = endpoint?.current;
  const now = useQuery({
    ...getModelVersion(project, current?.model ?? '', current?.version ?? 0),
    enabled: Boolean(current),
  }).data;
  return (
    <>
      <Panel title="What changes" flush>
        <PlanDiff rows={changes(version, endpoint, name, now)} />
      </Panel>
      <Panel title="Side by side" note="numbers of the two reports and bundles" flush>
        <DataTable
          label="Side by side"
          rows={compare(version, now)}
          rowKey={(line) => line.name}
          columns={[
            {
              id: 'name',
              header: 'Check',
              cell: (line) => (
                <span style={{ display: 'inline-flex', alignItems: 'center', gap: 8 }}>
                  <StateGlyph state={line.state} /> {line.name}
                </span>
              ),
            },
            { id: 'now', header: current ? `Now, v${current.version}` : 'Now', cell: (line) => line.now ?? <None /> },
            { id: 'planned', header: `Planned, v${version.version}`, cell: (line) => line.planned },
          ]}
        />
      </Panel>
    </>
  );
}

type DiffRow = { sign: '~' | '+' | '-' | '='; name: string; text: string };

function changes(
  version: ModelVersionDetail,
  endpoint: Endpoint | undefined,
  name: string,
  now: ModelVersionDetail | undefined,
): DiffRow[] {
  const current = endpoint?.current;
  const rows: DiffRow[] = endpoint ? [] : [{ sign: '+', name: 'endpoint', text: name }];
  if (current?.bundle === version.bundle)
    rows.push({ sign: '=', name: 'route', text: `${current.model} v${current.version} 100 %, the same bundle` });
  else if (current)
    rows.push({
      sign: '~',
      name: 'route',
      text: `${current.model} v${current.version} 100 % → ${version.model} v${version.version} 100 %`,
    });
  else rows.push({ sign: '+', name: 'route', text: `${version.model} v${version.version} 100 %` });
  rows.push({ sign: '+', name: 'bundle', text: `${version.bundle.slice(0, 16)}, ${bytes(size(version))}` });
  if (now) rows.push(signatureRow(now.signature, version.signature));
  if (current) rows.push({ sign: '=', name: 'rollback', text: `${current.model} v${current.version} stays loaded` });
  return rows;
}

function signatureRow(now: Signature, planned: Signature): DiffRow {
  const asked = (signature: Signature) =>
    [...signature.keys, ...signature.request].map((field) => `${field.name} ${field.type}`);
  const added = asked(planned).filter((field) => !asked(now).includes(field));
  const gone = asked(now).filter((field) => !asked(planned).includes(field));
  if (added.length + gone.length === 0)
    return {
      sign: '=',
      name: 'signature',
      text: `the same ${asked(planned).length} fields, answers a ${planned.output}`,
    };
  return {
    sign: '~',
    name: 'signature',
    text: [...added.map((field) => `+ ${field}`), ...gone.map((field) => `− ${field}`)].join(', '),
  };
}

const size = (version: ModelVersionDetail) => version.files.reduce((sum, file) => sum + file.size, 0);

interface CompareLine {
  name: string;
  now?: string;
  planned: string;
  state: StateName;
}

function compare(version: ModelVersionDetail, now: ModelVersionDetail | undefined): CompareLine[] {
  const lead = leading(version.metrics.test);
  const before = leading(now?.metrics.test);
  const lines: CompareLine[] = [];
  if (lead) {
    const overlap =
      before &&
      lead.low != null &&
      before.high != null &&
      before.low != null &&
      lead.high != null &&
      lead.high < before.low;
    lines.push({
      name: `${nameOf(lead.metric)} on the hold-out`,
      now: before ? brief(before.value) : undefined,
      planned: `${brief(lead.value)} (${brief(lead.low)} to ${brief(lead.high)})`,
      state: overlap && lead.metric === 'auc' ? 'drift' : 'succeeded',
    });
  }
  for (const [name, value] of Object.entries(version.measured)) {
    if (!name.includes('p50') && !name.includes('p99')) continue;
    lines.push({
      name: `Predict, ${name.slice(-3)}, as packaged`,
      now: shown(name, now?.measured[name]),
      planned: shown(name, value) ?? 'none',
      state: 'succeeded',
    });
  }
  lines.push({
    name: 'Size',
    now: now ? bytes(size(now)) : undefined,
    planned: bytes(size(version)),
    state: 'succeeded',
  });
  lines.push({
    name: 'Inputs',
    now: now ? String(now.signature.inputs.length) : undefined,
    planned: String(version.signature.inputs.length),
    state: 'succeeded',
  });
  return lines;
}

function shown(name: string, value: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  return milliseconds(name.includes('us') ? value / 1000 : value);
}
