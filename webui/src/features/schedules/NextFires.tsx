import { None } from '@/ui';
import { localTime } from './fires';
import classes from './schedules.module.css';

/** The next fire times, at the clocks of the schedule's time zone. */
export function NextFires({ times, timezone }: { times: string[]; timezone: string }) {
  if (times.length === 0) return <None>It is switched off and fires no more until it is switched on.</None>;
  return (
    <ol className={classes.times} aria-label="Next fires">
      {times.map((time) => (
        <li key={time}>
          <time dateTime={time}>{localTime(time, timezone)}</time>
        </li>
      ))}
    </ol>
  );
}
