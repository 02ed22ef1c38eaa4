// SPDX-License-Identifier: Apache-2.0
// The series of a page through npm's prom-client. Usage: node_peer.mjs PAGE
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzip } from 'node:zlib';

const client = createRequire(process.cwd() + '/')('prom-client');
const registry = new client.Registry();
const gauges = new Map();
const help = new Map();

for (const line of readFileSync(process.argv[2], 'utf8').split('\n')) {
    if (line.startsWith('# HELP ')) {
        const [, , name, ...text] = line.split(' ');
        help.set(name, text.join(' '));
    } else if (line && !line.startsWith('#')) {
        const [, name, text, value] = line.match(/^([^{]*)\{(.*)\} (.*)$/);
        const labels = Object.fromEntries(
            [...text.matchAll(/(\w+)="([^"]*)"/g)].map((m) => [m[1], m[2]]));
        if (!gauges.has(name))
            gauges.set(name, new client.Gauge({
                name, help: help.get(name), labelNames: Object.keys(labels),
                registers: [registry],
            }));
        gauges.get(name).set(labels, Number(value));
    }
}
const server = createServer(async (req, res) => {
    const page = await registry.metrics();
    res.setHeader('Content-Type', registry.contentType);
    if (!/gzip/.test(req.headers['accept-encoding'] ?? ''))
        return res.end(page);
    res.setHeader('Content-Encoding', 'gzip');
    gzip(page, (error, packed) => res.end(packed));
});
server.listen(0, '127.0.0.1', () => console.log(`{"port":${server.address().port}}`));
