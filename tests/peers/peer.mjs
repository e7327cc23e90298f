// What the JavaScript scripts share.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import https from "node:https";

/** Modules that ./dev peers installed. */
export const installed = createRequire(path.resolve(process.env.PEERS, "node", "package.json"));
export const authority = readFileSync(process.env.SSL_CERT_FILE);

/** GET of the Elastic Cloud Hosted API. */
export function ech(target) {
  return new Promise((resolve, reject) => {
    https.get(process.env.EC_ENDPOINT + target, { ca: authority, headers: { Authorization: `ApiKey ${process.env.EC_API_KEY}` } }, (answer) => {
      let text = "";
      answer.on("data", (piece) => (text += piece));
      answer.on("end", () => resolve(JSON.parse(text)));
    }).on("error", reject);
  });
}

/** Address of a deployment's Elasticsearch. */
export async function deploymentUrl(name) {
  const { deployments } = await ech("/api/v1/deployments");
  const deployment = await ech(`/api/v1/deployments/${deployments.find((one) => one.name === name).id}`);
  return deployment.resources.elasticsearch[0].info.metadata.service_url;
}
