/* SPDX-License-Identifier: Apache-2.0 */
/* Pods of ours on a cluster: ready, restarting, busy, autoscaled; and the tenants. Needs
 * kube-state-metrics and cAdvisor; empty on one machine. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board, row } from '../board';
import { color, phases, ready } from '../colors';
import { rowToOverview, rowToPod, rowToPods, seriesToPod } from '../links';
import { about, figure, lines, rows } from '../panels';
import { labelNumber, worst } from '../queries';

const R = '$__rate_interval';
const NS = 'namespace=~"$namespace"';
const POD = `${NS},pod=~"$pod"`;
const pod = '{{namespace}}/{{pod}}';
const container = '{{container}} of {{namespace}}/{{pod}}';
const nothing = 'no cluster: needs kube-state-metrics and cAdvisor';

export function cluster(): dashboard.DashboardBuilder {
  return board({
    uid: 'bandit-cluster',
    title: 'Bandit Router / Cluster',
    description: 'Pods, restarts, CPU, memory, autoscalers and tenants on Kubernetes.',
    variables: ['namespace', 'pod'],
    from: 'now-1h',
    marks: 'namespaces',
  })
    .withPanel(about(1, 'The pods behind the arms. On one machine there are none and this stays empty. A namespace is a tenant; its quota and its share of the traffic are at the bottom.'))
    .withPanel(figure({
      id: 10, title: 'Pods not ready', unit: 'short', decimals: 0, width: 6, height: 8, empty: nothing,
      description: 'Pods whose readiness probe fails; finished jobs do not count.',
      steps: [{ from: null, color: color.good }, { from: 1, color: color.bad }],
      queries: [{ expr: `count(max by (namespace, pod) (kube_pod_status_ready{${POD},condition="true"}) == 0 unless on (namespace, pod) kube_pod_status_phase{${POD},phase="Succeeded"} == 1) or 0 * count(kube_pod_status_ready{${POD}})` }],
    }))
    .withPanel(lines({
      id: 11, title: 'Restarts', unit: 'short', min: 0, width: 18, empty: nothing,
      link: seriesToPod,
      description: 'Restarts of each container in fifteen minutes, of the ten that restart most.',
      queries: [{ expr: worst(`sum by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total{${POD}}[15m]))`), legend: container }],
    }))
    .withPanel(rows({
      id: 17, title: 'Pods', unit: 'short', empty: nothing, by: ['namespace', 'pod', 'node'], height: 9,
      links: { namespace: rowToOverview, pod: rowToPod }, sort: { column: 'Ready', desc: false },
      description: 'One row per pod, those that are not ready first: its phase, its node, its age, and how often its containers have restarted since it came.',
      queries: [
        { expr: `1 + max by (namespace, pod) (kube_pod_status_ready{${POD},condition="true"})` },
        { expr: labelNumber('namespace, pod', 'kube_pod_status_phase', 'phase', POD, phases) },
        { expr: `(time() - max by (namespace, pod) (kube_pod_created{${POD}})) * on (namespace, pod) group_right () max by (namespace, pod, node) (kube_pod_info{${POD}})` },
        { expr: `sum by (namespace, pod) (kube_pod_container_status_restarts_total{${POD}})` },
      ],
      columns: [{ name: 'Ready', states: ready }, { name: 'Phase', states: phases }, { name: 'Age', unit: 's' }, { name: 'Restarts', unit: 'short' }],
    }))
    .withRow(row('Resources'))
    .withPanel(lines({
      id: 12, title: 'CPU usage / limit', unit: 'percentunit', min: 0, empty: nothing,
      link: seriesToPod,
      description: 'CPU that each container uses, as a share of its limit. The ten busiest.',
      threshold: { value: 0.9, color: color.limit },
      queries: [{ expr: worst(`bandit:container_cpu:ratio_rate5m{${POD}}`), legend: container }],
    }))
    .withPanel(lines({
      id: 13, title: 'Memory usage / limit', unit: 'percentunit', min: 0, empty: nothing,
      link: seriesToPod,
      description: 'Memory that each container uses, as a share of its limit. The ten fullest.',
      threshold: { value: 0.9, color: color.limit },
      queries: [{ expr: worst(`bandit:container_memory:ratio{${POD}}`), legend: container }],
    }))
    .withPanel(lines({
      id: 15, title: 'CPU', unit: 'short', min: 0, empty: nothing,
      link: seriesToPod,
      description: 'Cores that each pod uses. The ten busiest.',
      queries: [{ expr: worst(`sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{${POD},container!="",container!="POD"}[${R}]))`), legend: pod }],
    }))
    .withPanel(lines({
      id: 16, title: 'Memory', unit: 'bytes', min: 0, empty: nothing,
      link: seriesToPod,
      description: 'Working set of each pod. The ten largest.',
      queries: [{ expr: worst(`sum by (namespace, pod) (container_memory_working_set_bytes{${POD},container!="",container!="POD"})`), legend: pod }],
    }))
    .withRow(row('Autoscaling and tenants'))
    .withPanel(rows({
      id: 14, title: 'Autoscalers', unit: 'short', empty: nothing, by: ['namespace', 'horizontalpodautoscaler'], width: 12, links: { namespace: rowToPods },
      description: 'Replicas of each HorizontalPodAutoscaler: how many there are, how many it wants, and its bounds.',
      queries: ['status_current_replicas', 'status_desired_replicas', 'spec_min_replicas', 'spec_max_replicas'].map((m) => ({
        expr: `max by (namespace, horizontalpodautoscaler) (kube_horizontalpodautoscaler_${m}{${NS}})`,
      })),
      columns: [{ name: 'Current' }, { name: 'Desired' }, { name: 'Minimum' }, { name: 'Maximum' }],
    }))
    .withPanel(rows({
      id: 20, title: 'Tenants', unit: 'short', empty: 'no route', by: ['namespace'], width: 12, links: { namespace: rowToOverview },
      description: 'A namespace is a tenant: its routes, its traffic and its failures.',
      queries: [
        { expr: `count by (namespace) (group by (namespace, route) (bandit_route_info{${NS}}))` },
        { expr: `sum by (namespace) (bandit:route_requests:rate5m{${NS}})` },
        { expr: `sum by (namespace) (bandit:route_failures:rate5m{${NS}}) / (sum by (namespace) (bandit:route_requests:rate5m{${NS}}) > 0)` },
      ],
      columns: [{ name: 'Routes' }, { name: 'Requests', unit: 'reqps' }, { name: 'Failed', unit: 'percentunit' }],
    }))
    .withPanel(lines({
      id: 21, title: 'Quotas of tenants', unit: 'percentunit', min: 0, width: 24, empty: nothing,
      description: 'What each namespace uses of its ResourceQuota. The ten fullest.',
      threshold: { value: 0.9, color: color.limit },
      queries: [{ expr: worst(`max by (namespace, resource) (kube_resourcequota{${NS},type="used"}) / (max by (namespace, resource) (kube_resourcequota{${NS},type="hard"}) > 0)`), legend: '{{resource}} of {{namespace}}' }],
    }));
}
