/* SPDX-License-Identifier: Apache-2.0 */
/* Where a click leads: the data source and the time range go along. */
import { Link } from './panels';

const to = (uid: string, title: string, variables: Record<string, string>): Link => ({
  title,
  url: `/d/${uid}?var-datasource=\${datasource}${Object.entries(variables)
    .map(([name, value]) => `&var-${name}=${value}`)
    .join('')}&\${__url_time_range}`,
});

/* The value of a column of the row that was clicked; the value of a label of a series. */
const cell = (name: string) => `\${__data.fields.${name}}`;
const label = (name: string) => `\${__field.labels.${name}}`;

const route = { namespace: cell('namespace'), route: cell('route') };
const routeOfSeries = { namespace: label('namespace'), route: label('route') };

export const rowToRoute = to('bandit-route', 'Why is it so? The route', route);
export const rowToModels = to('bandit-models', 'What does it do? The models', { ...route, arm: cell('arm') });
export const rowToSlo = to('bandit-slo', 'How much budget is left? The SLO', route);
export const rowToOverview = to('bandit-overview', 'Its routes', { namespace: cell('namespace') });
export const rowToPod = to('bandit-cluster', 'This pod', { namespace: cell('namespace'), pod: cell('pod') });
export const rowToPods = to('bandit-cluster', 'Its pods', { namespace: cell('namespace') });

export const seriesToRoute = to('bandit-route', 'Why is it so? The route', routeOfSeries);
export const seriesToModels = to('bandit-models', 'What does it do? The models', { ...routeOfSeries, arm: label('arm') });
export const seriesToModelsOfRoute = to('bandit-models', 'What do its arms do? The models', routeOfSeries);
export const seriesToPod = to('bandit-cluster', 'This pod', { namespace: label('namespace'), pod: label('pod') });
export const seriesToProcess = to('bandit-operations', 'This process', { job: label('job'), instance: label('instance') });

/* prometheus/deliver.py and manage.sh put the place where runbooks are read instead, as they
 * do in the alerts. */
export const rowToRunbook: Link = { title: 'What to do: the runbook', url: 'http://localhost:9099/runbooks/${__data.fields.alertname}' };
