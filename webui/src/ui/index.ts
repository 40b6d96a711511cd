/** All that pages are made of. Features import components from here and nowhere else. */
export {
  Button,
  Checkbox,
  Menu,
  NativeSelect,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  Textarea,
  TextInput,
  UnstyledButton,
} from '@mantine/core';
export { type Action, Allowed, refusal, useRefusal } from './Allowed';
export { Chart, type ChartOption, Legend, type Tokens } from './Chart';
export { Copy } from './Copy';
export { Code, CopyAs, CurlBlock, curl, type Request } from './CopyAs';
export { DataTable, type TableColumn } from './DataTable';
export {
  Ago,
  Bars,
  Columns as Histogram,
  IntervalCell,
  type Mark,
  Meter,
  Mono,
  None,
  Quiet,
  Spark,
  Split,
} from './figures';
export { LogTail } from './LogTail';
export { type Crumb, Origin, PageHeader, PageTabs } from './PageHeader';
export { Cell, Columns, Facts, Panel, Row, Stack, Strip } from './Panel';
export { PlanDiff, Sheet, type StageState, Stages } from './Sheet';
export { type Role, RoleMark, StateBadge, StateWord, Tag } from './StateBadge';
export { StateGlyph, type StateName, stateOf } from './StateGlyph';
export { ActionError, Command, EmptyState, ErrorState, Loading, NoPermission } from './states';
export { Wordmark } from './Wordmark';
