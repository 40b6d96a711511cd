import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  GridComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { bottegaDark, bottegaLight } from './theme';

echarts.use([
  BarChart,
  LineChart,
  ScatterChart,
  AriaComponent,
  GridComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  CanvasRenderer,
]);
echarts.registerTheme('bottegaLight', bottegaLight);
echarts.registerTheme('bottegaDark', bottegaDark);

export type ChartOption = echarts.EChartsCoreOption;

/** The drawing itself; only `Chart` uses it, so that ECharts stays in a chunk of its own. */
export default function Canvas({
  option,
  scheme,
  height,
  label,
}: {
  option: ChartOption;
  scheme: 'light' | 'dark';
  height: number;
  label: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);

  useEffect(() => {
    if (!box.current) return;
    const drawn = echarts.init(box.current, scheme === 'dark' ? 'bottegaDark' : 'bottegaLight');
    chart.current = drawn;
    const watcher = new ResizeObserver(() => drawn.resize());
    watcher.observe(box.current);
    return () => {
      watcher.disconnect();
      drawn.dispose();
      chart.current = null;
    };
  }, [scheme]);

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  });

  return <div ref={box} style={{ height }} role="img" aria-label={label} />;
}
