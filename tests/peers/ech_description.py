"""Every exchange of a whole job (plan, apply, drift, change, destroy) between crosstie and the simulated Elastic Cloud against the
published description of that API: known paths and parameters, bodies and answers of the described shape, with no member unknown to it.
"""

import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import jsonschema

source = pathlib.Path(__file__).resolve().parents[2]
file = pathlib.Path(os.environ.get("CROSSTIE_API_DESCRIPTION", source.parent / "shared/spec/elastic-cloud-subset.json"))
if not file.exists():
    print("skipped: the description of the Elastic Cloud API is not beside this repository")
    sys.exit(77)
description = json.loads(file.read_text())
exchanges = []
lock = threading.Lock()


class Recorder(BaseHTTPRequestHandler):
    """Hands each request on to the sandbox and remembers both sides."""

    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = urllib.request.Request(target + self.path, method=self.command, data=body or None)
        for name in ("Authorization", "Content-Type", "Accept", "User-Agent"):
            if self.headers.get(name):
                request.add_header(name, self.headers[name])
        try:
            with urllib.request.urlopen(request, context=context, timeout=60) as reply:
                status, answer, kind = reply.status, reply.read(), reply.headers.get("Content-Type")
        except urllib.error.HTTPError as reply:
            status, answer, kind = reply.code, reply.read(), reply.headers.get("Content-Type")
        with lock:
            exchanges.append((self.command, self.path, body, status, answer, kind))
        self.send_response(status)
        self.send_header("Content-Type", kind or "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = forward

    def log_message(self, *_):
        pass


def strict(schema):
    """No members but the described ones, null where the description says so."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: strict(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema and "allOf" not in schema:
        made["additionalProperties"] = False
    if schema.get("x-nullable") and isinstance(schema.get("type"), str):
        made["type"] = [schema["type"], "null"]
    return made


definitions = strict(description["definitions"])
# Where real traffic is known to differ from the description.
# Its own words are "either a string or a JSON object"; the type says object alone.
definitions["KeystoreSecret"]["properties"]["value"]["type"] = ["string", "object"]
# Real answers hold more than is described; the simulator gives this one of them.
definitions["ElasticsearchClusterInfo"]["properties"]["locked"] = {"type": "boolean"}


def check(schema, value, where):
    document = {**strict(schema), "definitions": definitions}
    for problem in jsonschema.Draft4Validator(document).iter_errors(value):
        problems.add(f"{where}: {'.'.join(map(str, problem.absolute_path))}: {problem.message[:300]}")


def operation(method, path):
    for template, item in description["paths"].items():
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in item:
            shared = item.get("parameters", [])
            return template, item[method.lower()], shared + item[method.lower()].get("parameters", [])
    return None, None, None


def check_exchange(method, target_path, body, status, answer, kind):
    parts = urlsplit(target_path)
    base = description["basePath"].rstrip("/")
    template, described, parameters = operation(method, parts.path.removeprefix(base))
    where = f"{method} {template or parts.path}"
    if described is None:
        problems.add(f"{where}: not described")
        return
    queries = {one["name"]: one for one in parameters if one["in"] == "query"}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in queries:
            problems.add(f"{where}: parameter {name} is not described")
        elif queries[name]["type"] == "boolean" and value not in ("true", "false"):
            problems.add(f"{where}: parameter {name} is no boolean: {value}")
    wanted = [one for one in parameters if one["in"] == "body"]
    if body and not wanted:
        problems.add(f"{where}: a body is not described")
    if wanted and (body or wanted[0].get("required")):
        check(wanted[0]["schema"], json.loads(body) if body else None, where + " request")
    response = described["responses"].get(str(status), described["responses"].get("default"))
    if response is None:
        if status not in (401, 404, 429):  # what any operation may answer
            problems.add(f"{where}: status {status} is not described")
    elif "schema" in response:
        if not (kind or "").startswith("application/json"):
            problems.add(f"{where}: {status} is of type {kind}")
        check(response["schema"], json.loads(answer), f"{where} {status}")


target = os.environ["EC_ENDPOINT"]
context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = dict(os.environ, EC_ENDPOINT=f"http://127.0.0.1:{server.server_port}")
environment.pop("EC_HOST", None)
project = pathlib.Path(os.environ["SANDBOX"]) / "project"


def crosstie(*arguments):
    run = subprocess.run([os.environ["CROSSTIE"], f"-chdir={project}", *arguments], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


problems = set()
crosstie("plan")
crosstie("apply", "-auto-approve")
crosstie("drift")
yaml = project / "crosstie.yaml"
yaml.write_text(yaml.read_text().replace('"logs-*"', '"logs-*", "metrics-*"'))
crosstie("apply", "-auto-approve")
crosstie("destroy", "-auto-approve")
for exchange in exchanges:
    check_exchange(*exchange)
for problem in sorted(problems):
    print(problem)
assert not problems, f"{len(problems)} differences in {len(exchanges)} exchanges"
assert len(exchanges) > 20 and any(method == "PUT" for method, *_ in exchanges)
print(f"{len(exchanges)} exchanges of {len({(one[0], urlsplit(one[1]).path) for one in exchanges})} operations are as described")
