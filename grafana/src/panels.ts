/* SPDX-License-Identifier: Apache-2.0 */
/* Panels as this project draws them: nothing without a title, a description, a unit, and a
 * word for "there is nothing to show". */
import * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { color, hues, named, State } from './colors';

export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

export interface Query {
  expr: string;
  legend?: string;
  color?: string; // of all series of this legend
  dash?: number[]; // pixels drawn and left out
  exemplar?: boolean;
}

export interface Spec {
  id: number; // fixed: alerts link to it
  title: string;
  description: string;
  unit: string;
  queries: Query[];
  empty?: string; // what an empty panel says
  width?: number; // of 24
  height?: number;
  min?: number;
  max?: number;
  decimals?: number;
  link?: Link;
  repeat?: string;
  starts?: Record<string, string>; // colours of series by how their names begin
}

export interface Link {
  title: string;
  url: string;
}

export const DASHED = [10, 6];
export const DOTTED = [2, 5];

/* What every kind of panel builder of the SDK has. */
interface AnyPanel extends cog.Builder<dashboard.Panel> {
  id(id: number): this;
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: common.DataSourceRef): this;
  unit(unit: string): this;
  noValue(text: string): this;
  span(w: number): this;
  height(h: number): this;
  min(min: number): this;
  max(max: number): this;
  decimals(n: number): this;
  repeat(variable: string): this;
  maxPerRow(n: number): this;
  withTarget(target: cog.Builder<cog.Dataquery>): this;
  dataLinks(links: cog.Builder<dashboard.DashboardLink>[]): this;
  overrideByName(name: string, properties: dashboard.DynamicConfigValue[]): this;
  overrideByRegexp(regexp: string, properties: dashboard.DynamicConfigValue[]): this;
}

const ready = <T>(value: T): cog.Builder<T> => ({ build: () => value });

const refId = (i: number): string => String.fromCharCode('A'.charCodeAt(0) + i);

function target(q: Query, i: number, instant: boolean): prometheus.DataqueryBuilder {
  const t = new prometheus.DataqueryBuilder()
    .datasource(DATASOURCE)
    .refId(refId(i))
    .expr(q.expr)
    .legendFormat(q.legend ?? '__auto');
  if (q.exemplar) t.exemplar(true);
  return instant ? t.instant() : t.range();
}

const fixed = (fixedColor: string): dashboard.DynamicConfigValue => ({ id: 'color', value: { mode: 'fixed', fixedColor } });

/* Series by their legend: a text as it is, or with anything where a label stands. */
function override<P extends AnyPanel>(panel: P, legend: string, properties: dashboard.DynamicConfigValue[]): P {
  if (!legend.includes('{{')) return panel.overrideByName(legend, properties);
  const parts = legend.split(/\{\{\w+\}\}/).map((part) => part.replace(/[/().+*?^$|\\[\]]/g, '\\$&'));
  return panel.overrideByRegexp(`/^${parts.join('.*')}$/`, properties);
}

/* The colour of a name, wherever the name stands at the end of a legend; of an address it is
 * that of the host, since ports are all alike. */
function coloured<P extends AnyPanel>(panel: P): P {
  for (const hue of hues) panel.overrideByRegexp(`/[${hue.ends}](:[0-9]+)?$/i`, [fixed(hue.color)]);
  for (const n of named) panel.overrideByRegexp(`/(^|[^a-z])(${n.words.join('|')})$/i`, [fixed(n.color)]);
  return panel;
}

function fill<P extends AnyPanel>(panel: P, spec: Spec, instant: boolean, width: number, height: number): P {
  panel
    .id(spec.id)
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .noValue(spec.empty ?? 'no data')
    .span(spec.width ?? width)
    .height(spec.height ?? height);
  if (spec.min !== undefined) panel.min(spec.min);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.decimals !== undefined) panel.decimals(spec.decimals);
  if (spec.repeat) panel.repeat(spec.repeat).maxPerRow(3);
  if (spec.link) panel.dataLinks([ready({ ...spec.link, targetBlank: false } as unknown as dashboard.DashboardLink)]);
  spec.queries.forEach((q, i) => {
    panel.withTarget(target(q, i, instant));
    const properties = [
      ...(q.color ? [fixed(q.color)] : []),
      ...(q.dash ? [{ id: 'custom.lineStyle', value: { fill: 'dash', dash: q.dash } }] : []),
    ];
    if (q.legend && properties.length > 0) override(panel, q.legend, properties);
  });
  for (const [start, c] of Object.entries(spec.starts ?? {})) panel.overrideByRegexp(`/^${start}( |$)/`, [fixed(c)]);
  return panel;
}

/* Values to words and colours: 1 is the first state. */
function mapped(states: State[]): dashboard.ValueMapping[] {
  const options: Record<string, object> = {};
  states.forEach((s, i) => {
    options[String(i + 1)] = { text: s.name, color: s.color, index: i };
  });
  return [{ type: 'value', options } as unknown as dashboard.ValueMapping];
}

export interface Lines extends Spec {
  stacked?: boolean; // shares only: they add up to one, and the axis is drawn to one
  steps?: boolean; // weights hold until the next decision
  threshold?: { value: number; color: string };
  limits?: number[]; // several of them
  centered?: boolean;
}

export function lines(spec: Lines): timeseries.PanelBuilder {
  const open = spec.queries.some((q) => !q.color && q.legend?.includes('{{'));
  const empty = new timeseries.PanelBuilder();
  const panel = fill(open ? coloured(empty) : empty, spec, false, 12, 8)
    .lineWidth(spec.stacked ? 1 : 2)
    .fillOpacity(spec.stacked ? 55 : 6)
    .showPoints(common.VisibilityMode.Auto)
    .spanNulls(false)
    .lineInterpolation(spec.steps ? common.LineInterpolation.StepAfter : common.LineInterpolation.Linear)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Fixed).fixedColor(color.good))
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending))
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    );
  // A soft end: should two routes of one name be chosen, nothing is cut off.
  if (spec.stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal)).axisSoftMax(1);
  if (spec.centered) panel.axisCenteredZero(true);
  const limits = [...(spec.threshold ? [spec.threshold] : []), ...(spec.limits ?? []).map((value) => ({ value, color: color.limit }))];
  if (limits.length > 0) {
    panel
      .thresholds(
        new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps([
          { value: null, color: 'transparent' },
          ...limits,
        ]),
      )
      .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  }
  return panel;
}

/* A line with an error band: queries are upper, middle, lower, in this order and named so. */
export function band(spec: Spec): timeseries.PanelBuilder {
  const edge = [
    { id: 'custom.lineWidth', value: 0 },
    { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
  ];
  return lines(spec)
    .fillOpacity(0)
    .overrideByName('upper', [...edge, { id: 'custom.fillBelowTo', value: 'lower' }, { id: 'custom.fillOpacity', value: 25 }])
    .overrideByName('lower', edge);
}

export interface Step {
  from: number | null;
  color: string;
}

export interface Figure extends Spec {
  steps?: Step[];
  states?: State[];
  name?: boolean; // show the series' name, not its value
}

export function figure(spec: Figure): stat.PanelBuilder {
  const panel = fill(new stat.PanelBuilder(), spec, true, 4, 4)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(spec.name ? common.BigValueTextMode.Name : common.BigValueTextMode.Auto)
    .colorMode(common.BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .thresholds(
      new dashboard.ThresholdsConfigBuilder()
        .mode(dashboard.ThresholdsMode.Absolute)
        .steps((spec.steps ?? [{ from: null, color: color.good }]).map((s) => ({ value: s.from, color: s.color }))),
    )
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds));
  return spec.states ? panel.mappings(mapped(spec.states)) : panel;
}

export interface Timeline extends Spec {
  states: State[];
}

export function timeline(spec: Timeline): statetimeline.PanelBuilder {
  return fill(new statetimeline.PanelBuilder(), spec, false, 24, 6)
    .mappings(mapped(spec.states))
    .mergeValues(true)
    .showValue(common.VisibilityMode.Auto)
    .rowHeight(0.85)
    .lineWidth(0)
    .fillOpacity(80)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
    .legend(new common.VizLegendOptionsBuilder().displayMode(common.LegendDisplayMode.List).placement(common.LegendPlacement.Bottom).showLegend(true).calcs([]));
}

export interface Column {
  name: string;
  unit?: string;
  bar?: boolean;
  states?: State[];
  steps?: Step[];
}

export interface Rows extends Spec {
  by: string[]; // labels that make a row, first columns
  titles?: Record<string, string>; // of these columns, where not the label's name
  links?: Record<string, Link>; // of columns, by their titles
  columns: Column[]; // one per query
  sort?: { column: string; desc: boolean };
}

/* Instant queries joined on their labels: a row per object, a column per query. */
export function rows(spec: Rows): table.PanelBuilder {
  const panel = new table.PanelBuilder()
    .id(spec.id)
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .noValue(spec.empty ?? 'no data')
    .span(spec.width ?? 24)
    .height(spec.height ?? 8)
    .filterable(true);
  spec.queries.forEach((q, i) => panel.withTarget(target(q, i, true).format(prometheus.PromQueryFormat.Table)));
  const indexByName: Record<string, number> = {};
  const renameByName: Record<string, string> = { ...spec.titles };
  spec.by.forEach((label, i) => (indexByName[label] = i));
  spec.columns.forEach((c, i) => {
    const field = spec.queries.length > 1 ? `Value #${refId(i)}` : 'Value';
    indexByName[field] = spec.by.length + i;
    renameByName[field] = c.name;
  });
  const excludeByName = { Time: true };
  panel
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({ id: 'organize', options: { excludeByName, indexByName, renameByName } });
  for (const c of spec.columns) {
    const properties: dashboard.DynamicConfigValue[] = [];
    if (c.unit) properties.push({ id: 'unit', value: c.unit });
    if (c.states) {
      properties.push({ id: 'mappings', value: mapped(c.states) });
      properties.push({ id: 'custom.cellOptions', value: { type: 'color-text' } });
    }
    if (c.steps) {
      properties.push({ id: 'thresholds', value: { mode: 'absolute', steps: c.steps.map((s) => ({ value: s.from, color: s.color })) } });
      properties.push({ id: 'custom.cellOptions', value: { type: 'color-text' } });
    }
    if (c.bar) {
      properties.push({ id: 'custom.cellOptions', value: { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' } });
      properties.push({ id: 'min', value: 0 }, { id: 'max', value: 1 });
      properties.push({ id: 'color', value: { mode: 'fixed', fixedColor: color.good } });
    }
    if (properties.length > 0) panel.overrideByName(c.name, properties);
  }
  for (const [title, link] of Object.entries(spec.links ?? {})) panel.overrideByName(title, [{ id: 'links', value: [link] }]);
  if (spec.sort) panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(spec.sort.column).desc(spec.sort.desc)]);
  return panel;
}

/* What the dashboard is for, in two or three sentences. */
export function about(id: number, content: string): text.PanelBuilder {
  return new text.PanelBuilder()
    .id(id)
    .title('What this shows')
    .description('The purpose of this dashboard, and where to go next.')
    .mode(text.TextMode.Markdown)
    .content(content)
    .transparent(true)
    .span(24)
    .height(3);
}
