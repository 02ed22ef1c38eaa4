/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the dashboards into a folder, or with --check says which are out of date. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { model } from './board';
import { cluster } from './dashboards/cluster';
import { models } from './dashboards/models';
import { operations } from './dashboards/operations';
import { overview } from './dashboards/overview';
import { routeBoard } from './dashboards/route';
import { slo } from './dashboards/slo';

const all = [overview(), routeBoard(), models(), operations(), slo(), cluster()];

const args = process.argv.slice(2);
const check = args[0] === '--check';
const folder = args[check ? 1 : 0] ?? 'dashboards';

let stale = 0;
for (const dashboard of all) {
  const built = model(dashboard) as { uid: string };
  const file = path.join(folder, `${built.uid}.json`);
  const text = JSON.stringify(built, null, 2) + '\n';
  if (!check) {
    fs.writeFileSync(file, text);
  } else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) {
    console.error(`${file}: not what the source makes of it; run \`npm run generate\` in grafana/`);
    stale++;
  }
}
process.exit(stale > 0 ? 1 : 0);
