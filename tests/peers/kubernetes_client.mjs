// The official JavaScript client of Kubernetes against the sandbox: list in pages, watch, patches, server-side apply, conflicts.
import assert from "node:assert/strict";
import { installed } from "./peer.mjs";

const k8s = await import(installed.resolve("@kubernetes/client-node"));
const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const namespace = "default";
const map = (name, data = { k: "v" }, labels = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels }, data });

async function refused(code, reason, call) {
  await assert.rejects(call, (error) => {
    assert.equal(error.code, code, String(error));
    assert.equal(JSON.parse(error.body).reason, reason);
    return true;
  });
}

// Pages.
for (let number = 0; number < 5; ++number) await core.createNamespacedConfigMap({ namespace, body: map(`page-${number}`, undefined, { page: "yes" }) });
const names = [];
let _continue;
do {
  const page = await core.listNamespacedConfigMap({ namespace, labelSelector: "page=yes", limit: 2, _continue });
  names.push(...page.items.map((item) => item.metadata.name));
  _continue = page.metadata._continue;
} while (_continue);
assert.deepEqual(names, [0, 1, 2, 3, 4].map((number) => `page-${number}`));

// Watch.
const start = (await core.listNamespacedConfigMap({ namespace })).metadata.resourceVersion;
const seen = [];
await new Promise((resolve, reject) => {
  let request;
  new k8s.Watch(config)
    .watch(`/api/v1/namespaces/${namespace}/configmaps`, { resourceVersion: start, fieldSelector: "metadata.name=watched" },
      (type) => {
        seen.push(type);
        if (type === "DELETED") {
          request.abort();
          resolve();
        }
      }, (error) => error && error.name !== "AbortError" && reject(error))
    .then(async (made) => {
      request = made;
      await core.createNamespacedConfigMap({ namespace, body: map("watched") });
      await core.deleteNamespacedConfigMap({ namespace, name: "watched" });
    }, reject);
});
assert.deepEqual(seen, ["ADDED", "DELETED"]);

// Patches.
const first = await objects.create(map("patched"));
const { PatchStrategy } = k8s;
const patch = (body, strategy, manager) =>
  objects.patch({ apiVersion: "v1", kind: "ConfigMap", ...body, metadata: { name: "patched", namespace, ...body.metadata } },
    undefined, undefined, manager, undefined, strategy);
assert.deepEqual((await patch({ data: { a: "1" } }, PatchStrategy.MergePatch)).data, { k: "v", a: "1" });
assert.deepEqual((await patch({ data: { a: null } }, PatchStrategy.StrategicMergePatch)).data, { k: "v" });
assert.equal((await patch({ data: { c: "3" } }, PatchStrategy.ServerSideApply, "peer")).data.c, "3");
await refused(409, "Conflict", () => patch({ data: { c: "4" } }, PatchStrategy.ServerSideApply, "other"));

// Conflicts.
await refused(409, "Conflict", () => objects.replace({ ...map("patched"), metadata: { ...first.metadata } }));
await refused(409, "AlreadyExists", () => objects.create(map("patched")));
await objects.delete(map("patched"));
await refused(404, "NotFound", () => objects.read(map("patched")));

// The custom resource, found by discovery.
const elastic = { apiVersion: "elasticsearch.k8s.elastic.co/v1", kind: "Elasticsearch", metadata: { name: "quickstart", namespace } };
assert.equal((await objects.read(elastic)).status.phase, "Ready");
const changed = await objects.patch({ ...elastic, spec: { remoteClusterServer: { enabled: true } } }, undefined, undefined, "peer", undefined,
  PatchStrategy.MergePatch);
assert.equal(changed.spec.remoteClusterServer.enabled, true);
console.log("pages, watch, patches, conflicts and the custom resource passed");
