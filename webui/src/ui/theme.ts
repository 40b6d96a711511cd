// Bottega look, as a Mantine 9 theme and two ECharts 6 themes. Tried with @mantine/core 9.7.4 and echarts 6.1.0.
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

export type Name =
  | 'canvas'
  | 'surface'
  | 'sunken'
  | 'hover'
  | 'line'
  | 'line2'
  | 'ctl'
  | 'ink'
  | 'ink2'
  | 'ink3'
  | 'accent'
  | 'accentH'
  | 'accentT'
  | 'accentS'
  | 'accentL'
  | 'ok'
  | 'okT'
  | 'okS'
  | 'okL'
  | 'warn'
  | 'warnT'
  | 'warnS'
  | 'warnL'
  | 'bad'
  | 'badT'
  | 'badS'
  | 'badL'
  | 's1'
  | 's2'
  | 's3'
  | 's4'
  | 'cand'
  | 'candT'
  | 'candS'
  | 'candL'
  | 's5'
  | 's6'
  | 'base'
  | 'onS';
export const light: Record<Name, string> = {
  canvas: '#F6F6F3',
  surface: '#FFFFFF',
  sunken: '#F8F8F6',
  hover: '#F1F1EE',
  line: '#E6E5E1',
  line2: '#D4D3CE',
  ctl: '#8B8A85',
  ink: '#1A1B1D',
  ink2: '#55575B',
  ink3: '#6A6C70',
  accent: '#2B4BD0',
  accentH: '#213CB0',
  accentT: '#2A47C6',
  accentS: '#EEF2FE',
  accentL: '#C8D4FA',
  ok: '#0B7F69',
  okT: '#0A6858',
  okS: '#E4F4F0',
  okL: '#B4DCD2',
  warn: '#B86A00',
  warnT: '#864A00',
  warnS: '#FBF1E1',
  warnL: '#EED2A6',
  bad: '#C22C4E',
  badT: '#A71F40',
  badS: '#FDEDF0',
  badL: '#F2C3CC',
  s1: '#2F55DB',
  s2: '#8E1B6C',
  s3: '#D86400',
  s4: '#007A60',
  cand: '#8E1B6C',
  candT: '#7E1460',
  candS: '#FAECF5',
  candL: '#E9BEDA',
  s5: '#3498D6',
  s6: '#4D3F0C',
  base: '#77797E',
  onS: '#FFFFFF',
};
export const dark: Record<Name, string> = {
  canvas: '#0C0E11',
  surface: '#121417',
  sunken: '#0F1114',
  hover: '#1C1F23',
  line: '#24272B',
  line2: '#34383D',
  ctl: '#6B7077',
  ink: '#E8EAED',
  ink2: '#A7ABB1',
  ink3: '#888D94',
  accent: '#4766E8',
  accentH: '#3D5BDB',
  accentT: '#95ABFF',
  accentS: '#1A2140',
  accentL: '#33427D',
  ok: '#2FA88F',
  okT: '#5CCBB3',
  okS: '#10261F',
  okL: '#1F4A40',
  warn: '#D58F2B',
  warnT: '#EBB062',
  warnS: '#2A1F0E',
  warnL: '#5A4220',
  bad: '#EE6480',
  badT: '#FF8FA3',
  badS: '#2F151B',
  badL: '#682A38',
  s1: '#7C98FF',
  s2: '#CC57AC',
  s3: '#F0A050',
  s4: '#4DD1AF',
  cand: '#CC57AC',
  candT: '#EDA6D8',
  candS: '#2B1527',
  candL: '#63305A',
  s5: '#B4E3FF',
  s6: '#8A7D3A',
  base: '#8C9198',
  onS: '#0C0E11',
};
export type Tokens = Record<Name, string>;
export const sequential = {
  light: ['#DDE4FB', '#B9C6F6', '#8EA3EE', '#5F7BE4', '#2F55DB', '#203C9E'],
  dark: ['#1C2547', '#2A3974', '#3D55A8', '#5873D6', '#7C98FF', '#B5C4FF'],
};

// index 1 soft, 2 border, 4 text on dark, 5 solid on dark, 6 solid on light, 7 text on light; the rest fills the ramp
const t = (...s: string[]) => s as unknown as MantineColorsTuple;
const colors = {
  gray: t('#F8F8F6', '#F1F1EE', '#F1F1EE', '#E6E5E1', '#D4D3CE', '#6A6C70', '#6A6C70', '#55575B', '#3A3B3E', '#1A1B1D'),
  dark: t('#E8EAED', '#C6C9CE', '#A7ABB1', '#888D94', '#24272B', '#1C1F23', '#121417', '#121417', '#0F1114', '#0C0E11'),
  lapis: t(
    '#F5F7FF',
    '#EEF2FE',
    '#C8D4FA',
    '#AFC0FB',
    '#95ABFF',
    '#4766E8',
    '#2B4BD0',
    '#2A47C6',
    '#213CB0',
    '#1A2140',
  ),
  verdigris: t(
    '#F1FAF7',
    '#E4F4F0',
    '#B4DCD2',
    '#86CDBC',
    '#5CCBB3',
    '#2FA88F',
    '#0B7F69',
    '#0A6858',
    '#085446',
    '#10261F',
  ),
  ochre: t(
    '#FDF8EF',
    '#FBF1E1',
    '#EED2A6',
    '#EDC184',
    '#EBB062',
    '#D58F2B',
    '#B86A00',
    '#864A00',
    '#6B3B00',
    '#2A1F0E',
  ),
  carmine: t(
    '#FEF6F7',
    '#FDEDF0',
    '#F2C3CC',
    '#F9A9B7',
    '#FF8FA3',
    '#EE6480',
    '#C22C4E',
    '#A71F40',
    '#871935',
    '#2F151B',
  ),
  murex: t(
    '#FDF6FA',
    '#FAECF5',
    '#E9BEDA',
    '#EBB2D9',
    '#EDA6D8',
    '#CC57AC',
    '#8E1B6C',
    '#7E1460',
    '#65104D',
    '#2B1527',
  ),
};
const semantic = { lapis: 'accent', verdigris: 'ok', ochre: 'warn', carmine: 'bad', murex: 'cand' } as const;

export const theme = createTheme({
  colors,
  primaryColor: 'lapis',
  primaryShade: { light: 6, dark: 5 },
  white: light.surface,
  black: light.ink,
  fontFamily: '"Inter Variable", Inter, system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", "JetBrains Mono", ui-monospace, monospace',
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '14px', xl: '16px' },
  lineHeights: { xs: '16px', sm: '16px', md: '20px', lg: '22px', xl: '24px' },
  fontWeights: { regular: '400', medium: '500', bold: '600' },
  headings: {
    fontFamily: '"Inter Variable", Inter, system-ui, sans-serif',
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '20px', lineHeight: '28px' },
      h2: { fontSize: '14px', lineHeight: '20px' },
      h3: { fontSize: '13px', lineHeight: '20px' },
      h4: { fontSize: '13px', lineHeight: '20px', fontWeight: '500' },
    },
  },
  spacing: { xs: '4px', sm: '8px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '4px', sm: '5px', md: '6px', lg: '8px', xl: '10px' },
  defaultRadius: 'md',
  shadows: {
    xs: 'none',
    sm: 'none',
    md: 'var(--shadow-pop)',
    lg: 'var(--shadow-pop)',
    xl: 'var(--shadow-sheet)',
  },
  focusRing: 'auto',
  cursorType: 'pointer',
  respectReducedMotion: true,
  autoContrast: false,
  components: {
    Button: {
      defaultProps: { size: 'md' },
      vars: (_: unknown, p: { size?: string }) => ({
        root:
          p.size === 'sm'
            ? {
                '--button-height': '26px',
                '--button-padding-x': '9px',
                '--button-fz': '12px',
                '--button-radius': '5px',
              }
            : { '--button-height': '32px', '--button-padding-x': '12px', '--button-fz': '13px' },
      }),
      styles: { root: { fontWeight: 550 } },
    },
    Input: { vars: () => ({ wrapper: { '--input-height': '30px', '--input-fz': '13px', '--input-padding': '9px' } }) },
    InputWrapper: {
      styles: {
        label: { fontSize: 12, lineHeight: '16px', fontWeight: 500, marginBottom: 4 },
        error: { fontSize: 12, lineHeight: '16px' },
        description: { fontSize: 12, lineHeight: '16px' },
      },
    },
    Badge: {
      defaultProps: { variant: 'light', radius: 'sm' },
      styles: {
        root: {
          textTransform: 'none',
          letterSpacing: 0,
          fontWeight: 500,
          fontSize: 12,
          height: 20,
          paddingInline: '5px 7px',
        },
      },
    },
    Card: { defaultProps: { withBorder: true, radius: 'lg', shadow: 'none', padding: 0 } },
    Paper: { defaultProps: { radius: 'lg' } },
    Table: {
      defaultProps: { horizontalSpacing: 8, verticalSpacing: 0, highlightOnHover: true, tabularNums: true },
      styles: {
        table: { fontSize: 13 },
        th: { height: 30, fontSize: 12, fontWeight: 500, color: 'var(--ink3)' },
        td: { height: 34 },
      },
    },
    Tabs: { styles: { tab: { fontWeight: 500, paddingInline: 0, height: 34 }, list: { gap: 20 } } },
    Switch: { defaultProps: { size: 'xs', withThumbIndicator: false } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    Drawer: {
      defaultProps: {
        position: 'right',
        size: 760,
        overlayProps: { color: 'var(--scrim-color)', backgroundOpacity: 0.3 },
      },
    },
    Tooltip: { defaultProps: { openDelay: 300 } },
    Notification: { defaultProps: { withBorder: true, radius: 'lg' } },
  },
});

const scheme = (k: Tokens) => {
  const v: Record<string, string> = {};
  (Object.keys(k) as (keyof Tokens)[]).forEach((n) => {
    v[`--${n}`] = k[n];
  }); // --ink, --line, --s1, ... for CSS modules
  (Object.keys(semantic) as (keyof typeof semantic)[]).forEach((c) => {
    const s = semantic[c];
    const p = `--mantine-color-${c}`;
    v[`${p}-filled`] = k[s];
    v[`${p}-filled-hover`] = s === 'accent' ? k.accentH : `color-mix(in oklab, ${k[s]} 88%, black)`;
    v[`${p}-light`] = k[`${s}S`];
    v[`${p}-light-hover`] = `color-mix(in oklab, ${k[`${s}S`]} 80%, ${k[`${s}L`]})`;
    v[`${p}-light-color`] = k[`${s}T`];
    v[`${p}-text`] = k[`${s}T`];
    v[`${p}-outline`] = k[`${s}T`];
  });
  return Object.assign(v, {
    '--mantine-color-body': k.surface,
    '--mantine-color-text': k.ink,
    '--mantine-color-bright': k.ink,
    '--mantine-color-dimmed': k.ink2,
    '--mantine-color-placeholder': k.ink3,
    '--mantine-color-anchor': k.accentT,
    '--mantine-color-error': k.badT,
    '--mantine-color-success': k.okT,
    '--mantine-color-default': k.surface,
    '--mantine-color-default-hover': k.hover,
    '--mantine-color-default-color': k.ink,
    '--mantine-color-default-border': k.line2,
    '--mantine-color-disabled': k.sunken,
    '--mantine-color-disabled-color': k.ink3,
    '--mantine-color-disabled-border': k.line,
    '--mantine-primary-color-contrast': '#FFFFFF',
    '--table-border-color': k.line,
    '--table-hover-color': k.sunken,
  });
};
export const resolver: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...scheme(light),
    '--scrim-color': '#222326',
    '--shadow-pop': '0 1px 2px rgba(26,27,29,.06), 0 8px 24px -6px rgba(26,27,29,.16)',
    '--shadow-sheet': '-24px 0 64px -24px rgba(26,27,29,.28)',
  },
  dark: {
    ...scheme(dark),
    '--scrim-color': '#040506',
    '--shadow-pop': '0 12px 32px -4px rgba(0,0,0,.6)',
    '--shadow-sheet': '-24px 0 64px -16px rgba(0,0,0,.7)',
  },
});

const font = '"Inter Variable", Inter, system-ui, sans-serif';
export const chart = (k: Tokens, seq: string[]) => {
  const axis = {
    axisLine: { show: false, lineStyle: { color: k.line2 } },
    axisTick: { show: false },
    axisLabel: { color: k.ink3, fontSize: 11, margin: 8 },
    nameTextStyle: { color: k.ink3, fontSize: 11 },
    splitLine: { lineStyle: { color: k.line, width: 1 } },
    splitArea: { show: false },
  };
  return {
    darkMode: k === dark,
    color: [k.s1, k.s2, k.s3, k.s4, k.s5, k.s6],
    backgroundColor: 'transparent',
    textStyle: { fontFamily: font, fontSize: 11, color: k.ink2 },
    title: { show: false }, // the title is an h3 above the chart, so that it is text for everybody
    grid: { left: 8, right: 12, top: 12, bottom: 4, outerBoundsMode: 'same' },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: axis,
    timeAxis: { ...axis, splitLine: { show: false } },
    logAxis: axis,
    line: {
      symbol: 'none',
      symbolSize: 6,
      smooth: false,
      lineStyle: { width: 2, cap: 'round', join: 'round' },
      emphasis: { disabled: true },
    },
    bar: { itemStyle: { borderRadius: [2, 2, 0, 0] }, barCategoryGap: '20%' },
    scatter: { symbolSize: 6.5, itemStyle: { borderColor: k.surface, borderWidth: 1 } },
    parallel: { lineStyle: { width: 1, opacity: 0.75, color: k.line2 }, inactiveOpacity: 0.25 },
    visualMap: { inRange: { color: seq }, textStyle: { color: k.ink3 } },
    legend: { show: false },
    tooltip: {
      backgroundColor: k.surface,
      borderColor: k.line,
      borderWidth: 1,
      padding: [6, 10],
      textStyle: { color: k.ink, fontSize: 12 },
      axisPointer: { type: 'line', lineStyle: { color: k.ctl, width: 1, type: 'solid' } },
      extraCssText: 'border-radius:6px;box-shadow:var(--shadow-pop)',
    },
    markLine: {
      symbol: 'none',
      lineStyle: { color: k.ctl, width: 1.2, type: 'solid' },
      label: { color: k.ink2, fontSize: 11 },
    },
    aria: { enabled: true, decal: { show: false } }, // decal on when the reader asks for patterns
    animationDuration: 180,
    animationDurationUpdate: 180,
    animationEasing: 'cubicOut' as const,
  };
};
// axes take their theme by type (valueAxis, logAxis, ...), so parallel axes get theirs in the option
export const parallelAxis = (k: Tokens) => ({
  axisLine: { show: true, lineStyle: { color: k.ctl, width: 1 } },
  axisTick: { show: false },
  splitLine: { show: false },
  nameGap: 10,
  axisLabel: { color: k.ink3, fontSize: 11, showMinLabel: true, showMaxLabel: true },
  nameTextStyle: { color: k.ink2, fontSize: 11 },
  areaSelectStyle: { width: 12, borderWidth: 1.4, borderColor: k.accentT, color: k.accentS, opacity: 0.75 },
});
export const bottegaLight = chart(light, sequential.light);
export const bottegaDark = chart(dark, sequential.dark);
