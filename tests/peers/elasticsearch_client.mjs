// The official JavaScript client of Elasticsearch against a deployment of the sandbox. The argument is its major version.
// The client checks the product header and sends vendor content types.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { authority, deploymentUrl, installed } from "./peer.mjs";

const major = Number(process.argv[2]);
const { Client } = installed(`elasticsearch-${major}`);
const { version } = JSON.parse(readFileSync(`${process.env.PEERS}/node/node_modules/elasticsearch-${major}/package.json`));
assert.equal(Number(version.split(".")[0]), major);
execFileSync(process.env.CROSSTIE, [`-chdir=${process.env.SANDBOX}/project`, "apply", "-auto-approve"]);

const auth = { username: process.env.ELASTICSEARCH_USERNAME, password: process.env.ELASTICSEARCH_PASSWORD };
const connect = async (name, options = {}) =>
  new Client({ node: await deploymentUrl(name), auth, tls: { ca: authority }, ...options });

async function refused(status, type, call) {
  await assert.rejects(call, (error) => {
    assert.equal(error.name, "ResponseError", String(error));
    assert.equal(error.statusCode, status);
    assert.match(JSON.stringify(error.body), type);
    return true;
  });
}

async function link(es) {
  assert.equal((await es.info()).version.number, "9.1.0");
  assert.equal((await es.cluster.health({ wait_for_status: "green", timeout: "5s" })).status, "green");
  const { logs } = await es.cluster.remoteInfo();
  assert.equal(logs.connected, true);
  assert.equal(logs.cluster_credentials, "::es_redacted::");
  assert.equal((await es.indices.resolveCluster({ name: "logs:*" })).logs.connected, true);
  const found = await es.search({ index: "logs:logs-*", query: { match_all: {} } });
  assert.equal(found._clusters.details.logs.status, "successful");
  await refused(404, /no_such_remote_cluster_exception/, () => es.search({ index: "nowhere:logs-*" }));
}

async function settings(es) {
  const name = "cluster.remote.logs.skip_unavailable";
  await es.cluster.putSettings({ persistent: { [name]: false } });
  assert.equal((await es.cluster.getSettings({ flat_settings: true })).persistent[name], "false");
  await es.cluster.putSettings({ persistent: { [name]: true } });
  await refused(400, /not recognized/, () => es.cluster.putSettings({ persistent: { "no.such.setting": 1 } }));
}

async function keys(es) {
  const access = { search: [{ names: ["logs-*"] }] };
  const made = await es.security.createCrossClusterApiKey({ name: "peer", access, expiration: "1d", metadata: { by: "peer" } });
  const read = async () => (await es.security.getApiKey({ id: made.id })).api_keys[0];
  assert.equal((await read()).type, "cross_cluster");
  assert.deepEqual((await read()).access.search[0].names, ["logs-*"]);
  const changed = await es.security.updateCrossClusterApiKey({ id: made.id, access: { search: [{ names: ["metrics-*"] }] } });
  assert.equal(changed.updated, true);
  assert.deepEqual((await es.security.invalidateApiKey({ ids: [made.id] })).invalidated_api_keys, [made.id]);
  assert.equal((await read()).invalidated, true);
}

async function roles(es) {
  const remote_indices = [{ clusters: ["logs"], names: ["logs-*"], privileges: ["read"] }];
  assert.equal((await es.security.putRole({ name: "peer", cluster: ["monitor"], remote_indices })).role.created, true);
  assert.deepEqual((await es.security.getRole({ name: "peer" })).peer.remote_indices[0].clusters, ["logs"]);
  assert.equal((await es.security.deleteRole({ name: "peer" })).found, true);
  await refused(404, /{}/, () => es.security.getRole({ name: "peer" }));
  assert.equal((await es.security.hasPrivileges({ cluster: ["manage_security"] })).has_all_requested, true);
  assert.equal((await es.license.get()).license.status, "active");
}

async function documents(es) {
  await es.index({ index: "mine", id: "1", document: { a: 1 }, refresh: true });
  const answer = await es.bulk({ operations: [{ index: { _index: "mine", _id: "2" } }, { a: 2 }, { delete: { _index: "mine", _id: "1" } }] });
  assert.equal(answer.errors, false);
  assert.equal((await es.search({ index: "mine" })).hits.total.value, 1);
  assert.equal(await es.indices.exists({ index: "mine" }), true);
  assert.equal(await es.indices.exists({ index: "not-mine" }), false);
}

let passed = 0;
for (const compression of [false, true]) {
  const es = await connect("my-deployment", { compression });
  for (const part of [link, settings, keys, roles, documents]) {
    await part(es);
    ++passed;
  }
  await es.close();
}
const other = await connect("eight");
assert.equal((await other.info()).version.number, "8.19.4");
const write = () => other.cluster.putSettings({ persistent: { "cluster.routing.allocation.enable": "all" } });
if (major === 9) await refused(400, /media_type_header_exception/, write); // as on a real 8.19: reads work, each write is refused
else assert.equal((await write()).acknowledged, true);
await other.close();
console.log(`client ${version}: ${passed + 1} parts passed`);
