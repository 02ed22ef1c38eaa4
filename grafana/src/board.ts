/* SPDX-License-Identifier: Apache-2.0 */
/* What every dashboard has: variables, links, annotations, refresh, a shared crosshair.
 *
 * The Classic model on purpose: it is the one that file provisioning takes in every Grafana
 * from 9 to 13. The SDK marks its builder as deprecated in favour of the v2 model, which
 * provisioned files may not use.
 */
import * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { color } from './colors';
import { DATASOURCE } from './panels';
import { ROUTE, alertsOfMachinery, alertsOfNamespaces, alertsOfRoutes } from './queries';

export const TAG = 'bandit-router';

/* How often a page is loaded again: not faster than the data of production comes. `manage.sh`
 * and prometheus/deliver.py write what fits the place they deliver to. */
export const REFRESH = '30s';

/* Kept at 39, so that Grafana 11 loads it without a warning; newer ones migrate it. */
const SCHEMA_VERSION = 39;

const ready = <T>(value: T): cog.Builder<T> => ({ build: () => value });

function datasourceVariable(): cog.Builder<dashboard.VariableModel> {
  return new dashboard.DatasourceVariableBuilder('datasource').label('Data source').type('prometheus').hide(dashboard.VariableHide.DontHide);
}

function values(name: string, label: string, query: string, description: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(DATASOURCE)
    .query({ query, refId: name } as unknown as string)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true);
}

function queryVariable(name: string, label: string, query: string, description: string): cog.Builder<dashboard.VariableModel> {
  return values(name, label, query, description)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

const ROUTES = 'label_values(bandit_route_info{namespace=~"$namespace"}, route)';

/* The chain of variables; each is scoped by those before it. */
const chain = {
  job: queryVariable('job', 'Program', 'label_values(up{job=~"bandit-exporter|bandit-operator|model-server|traffic-generator|haproxy|prometheus|alertmanager"}, job)', 'A kind of process'),
  instance: queryVariable('instance', 'Instance', 'label_values(up{job=~"$job"}, instance)', 'One process, as it is scraped'),
  namespace: queryVariable('namespace', 'Namespace', 'label_values(bandit_route_info, namespace)', 'Of the routes'),
  route: queryVariable('route', 'Route', ROUTES, 'A BanditRoute'),
  // Where each arm is a line, or each route has rows of its own, one or some are chosen: All of
  // a fleet would be thousands. Grafana begins with the first.
  routes: values('route', 'Route', ROUTES, 'One BanditRoute or some').includeAll(false).current({ selected: false, text: '', value: '' }),
  arm: queryVariable('arm', 'Arm', `label_values(bandit_arm_desired_weight_ratio{${ROUTE}}, arm)`, 'A model that competes'),
  pod: queryVariable('pod', 'Pod', 'label_values(kube_pod_info{namespace=~"$namespace"}, pod)', 'Of the selected namespaces'),
} as const;

/* A mark in every graph: where the series of an expression begin, or at the time that its
 * value holds (Grafana wants milliseconds). */
interface Mark {
  name: string;
  expr: string;
  atValue?: boolean;
  color: string;
  text: string;
  tags: string;
}

const alert = (firing: string): Mark => ({
  name: 'Alert fires',
  expr: `max by (alertname, namespace, route, arm) (${firing})`,
  color: color.bad,
  text: '{{alertname}} {{namespace}}/{{route}} {{arm}}',
  tags: 'alertname,namespace,route,arm',
});

const leaders = `max by (namespace, route, arm) (bandit_arm_leader{${ROUTE}} == 1)`;
const ofRoutes: Mark[] = [
  {
    name: 'Leader changed',
    expr: `1000 * max by (namespace, route) (bandit_route_last_leader_change_timestamp_seconds{${ROUTE}} > 0) * on (namespace, route) group_right () ${leaders}`,
    atValue: true,
    color: color.applied,
    text: '{{arm}} leads {{namespace}}/{{route}}.',
    tags: 'namespace,route,arm',
  },
  {
    name: 'Decisions held',
    expr: `max by (namespace, route, reason) (bandit_route_decision_info{${ROUTE},verdict="Held"}) == 1`,
    color: color.warning,
    text: 'Weights of {{namespace}}/{{route}} stood still: {{reason}}.',
    tags: 'namespace,route,reason',
  },
  alert(alertsOfRoutes('firing', true)),
  {
    name: 'Fault injected',
    expr: `max by (namespace, route, arm, fault) (ml_fault_injection{${ROUTE}}) == 1`,
    color: color.p50,
    text: 'A drill: {{fault}} in {{arm}} of {{namespace}}/{{route}}.',
    tags: 'namespace,route,arm,fault',
  },
];

/* What a dashboard is about decides what is marked in its graphs. */
const marks = {
  routes: ofRoutes,
  machinery: [alert(alertsOfMachinery)],
  namespaces: [alert(alertsOfNamespaces)],
} as const;

function annotation(m: Mark): cog.Builder<dashboard.AnnotationQuery> {
  return ready({
    name: m.name,
    datasource: DATASOURCE,
    enable: true,
    hide: false,
    iconColor: m.color,
    expr: m.expr,
    ...(m.atValue ? { useValueForTime: 'on' } : {}),
    titleFormat: m.name,
    textFormat: m.text,
    tagKeys: m.tags,
    step: '',
  } as unknown as dashboard.AnnotationQuery);
}

/* A heading; with a variable, the row stands once for each of its values. */
export function row(title: string, repeat?: string): dashboard.RowBuilder {
  const r = new dashboard.RowBuilder(title);
  return repeat ? r.repeat(repeat) : r;
}

export interface Board {
  uid: string;
  title: string;
  description: string;
  variables: (keyof typeof chain)[];
  from: string;
  marks: keyof typeof marks;
}

export function board(b: Board): dashboard.DashboardBuilder {
  const d = new dashboard.DashboardBuilder(b.title)
    .uid(b.uid)
    .description(b.description)
    .tags([TAG])
    .readonly()
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .refresh(REFRESH)
    .time({ from: b.from, to: 'now' })
    .liveNow(false)
    .link(
      new dashboard.DashboardLinkBuilder('Bandit Router')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([TAG])
        .keepTime(true)
        .includeVars(true)
        .asDropdown(false)
        .targetBlank(false),
    )
    .withVariable(datasourceVariable());
  for (const name of b.variables) d.withVariable(chain[name]);
  for (const m of marks[b.marks]) d.annotation(annotation(m));
  return d;
}

/* Defaults of the SDK that are not ours to say, and that older servers do not know. */
function trim(d: dashboard.Dashboard): void {
  for (const v of d.templating?.list ?? []) {
    const loose = v as unknown as Record<string, unknown>;
    for (const key of ['auto', 'auto_min', 'auto_count', 'allowCustomValue']) delete loose[key];
  }
  for (const link of d.links ?? []) delete (link as unknown as Record<string, unknown>).placement;
}

/* The finished model, as it is written to a file. Rows get ids beyond those of panels. */
export function model(builder: dashboard.DashboardBuilder): object {
  const d = builder.build();
  trim(d);
  let row = 100;
  for (const panel of d.panels ?? []) if (panel.type === 'row') panel.id = row++;
  return { ...d, schemaVersion: SCHEMA_VERSION, id: null };
}
