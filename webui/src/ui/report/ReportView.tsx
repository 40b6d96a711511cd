import { useQuery } from '@tanstack/react-query';
import { getReport } from '@/api/get-report';
import type { Report } from '@/api/types';
import { brief, number } from '@/lib/format';
import { leading, nameOf } from '@/lib/metrics';
import { asApiError } from '@/lib/problem';
import { Columns, Stack } from '../Panel';
import { ErrorState, Loading } from '../states';
import { Calibration, PrecisionRecall, Residuals, Roc, Scores } from './curves';
import { Importances, Inputs } from './inputs';
import { Quality } from './Quality';
import classes from './report.module.css';
import { Segments } from './Segments';

/** The report of a run: everything measured on the hold-out, read from the run's stored document. */
export function ReportView({ project, run }: { project: string; run: string }) {
  const report = useQuery(getReport(project, run));
  if (report.error)
    return <ErrorState error={asApiError(report.error)} what="The report" retry={() => void report.refetch()} />;
  if (!report.data) return <Loading rows={12} />;
  return <ReportBody report={report.data} />;
}

export function ReportBody({ report }: { report: Report }) {
  return (
    <>
      <p className={classes.summary}>
        <Finding report={report} />
      </p>
      <Columns narrow="lg">
        <Stack>
          <Quality report={report} />
          <Segments report={report} />
          <div className={classes.pair}>
            <PrecisionRecall report={report} />
            <Scores report={report} />
          </div>
          <Inputs report={report} />
        </Stack>
        <Stack>
          <Roc report={report} />
          <Residuals report={report} />
          <Calibration report={report} />
          <Importances report={report} />
        </Stack>
      </Columns>
    </>
  );
}

function Finding({ report }: { report: Report }) {
  const lead = leading(report.metrics.test);
  if (!lead) return null;
  const against = report.comparisons[0];
  const rows = number(report.rows.test);
  const words = { better: 'better than', worse: 'worse than', undecided: 'not shown to differ from' };
  return (
    <>
      Hold-out{' '}
      <b>
        {nameOf(lead.metric)} {brief(lead.value)}
      </b>
      , 95 % interval {brief(lead.low)} to {brief(lead.high)}, on {rows} rows it never saw.{' '}
      {against && (
        <>
          It is {words[against.verdict]} {against.name}: {nameOf(against.metric)} {brief(against.value.value)}, a paired
          gain of{' '}
          <b>
            {brief(against.gain.low)} to {brief(against.gain.high)}
          </b>
          .
        </>
      )}
    </>
  );
}
