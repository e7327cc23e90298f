"""The official Python client of Elasticsearch against a deployment of the sandbox.

The argument is the client's major version. The client checks the product header and sends vendor content types.
"""

import os
import subprocess
import sys

major = int(sys.argv[1])
if major == 8:
    folder = os.path.join(os.environ["PEERS"], "python8")
    if not os.path.isdir(folder):
        print("skipped: client 8 is not installed; ./dev peers installs it")
        sys.exit(77)
    sys.path.insert(0, folder)

import elasticsearch  # noqa: E402
from elasticsearch import Elasticsearch  # noqa: E402

from peer import deployment_url  # noqa: E402

assert elasticsearch.VERSION[0] == major, elasticsearch.VERSION
subprocess.run([os.environ["CROSSTIE"], "-chdir=" + os.environ["SANDBOX"] + "/project", "apply", "-auto-approve"],
               check=True, stdout=subprocess.DEVNULL)


def connect(name, **options):
    return Elasticsearch(deployment_url(name), ca_certs=os.environ["SSL_CERT_FILE"],
                         basic_auth=(os.environ["ELASTICSEARCH_USERNAME"], os.environ["ELASTICSEARCH_PASSWORD"]), **options)


def refused(status, kind, call):
    try:
        call()
    except elasticsearch.ApiError as error:
        assert error.status_code == status, error
        assert kind in str(error.body), error.body
        assert error.meta.headers["x-elastic-product"] == "Elasticsearch"
        return
    raise AssertionError(f"{status} {kind} was expected")


def link(es):
    info = es.info()
    assert info["version"]["number"] == "9.1.0", info
    health = es.cluster.health(wait_for_status="green", timeout="5s")
    assert health["status"] == "green" and not health["timed_out"], health
    remote = es.remote_info() if hasattr(es, "remote_info") else es.cluster.remote_info()
    assert remote["logs"]["connected"] and remote["logs"]["mode"] == "proxy", remote
    assert remote["logs"]["cluster_credentials"] == "::es_redacted::", remote
    resolved = es.indices.resolve_cluster(name="logs:*")
    assert resolved["logs"]["connected"] is True, resolved
    found = es.search(index="logs:logs-*", query={"match_all": {}})
    assert found["_clusters"]["details"]["logs"]["status"] == "successful", found
    refused(404, "no_such_remote_cluster_exception", lambda: es.search(index="nowhere:logs-*"))


def settings(es):
    name = "cluster.remote.logs.skip_unavailable"
    es.cluster.put_settings(persistent={name: False})
    stored = es.cluster.get_settings(flat_settings=True)
    assert stored["persistent"][name] == "false", stored
    es.cluster.put_settings(persistent={name: True})
    refused(400, "not recognized", lambda: es.cluster.put_settings(persistent={"no.such.setting": 1}))


def keys(es):
    made = es.security.create_cross_cluster_api_key(name="peer", access={"search": [{"names": ["logs-*"]}]},
                                                    expiration="1d", metadata={"by": "peer"})
    assert made["encoded"] and made["api_key"], made
    read = es.security.get_api_key(id=made["id"])["api_keys"][0]
    assert read["type"] == "cross_cluster" and read["access"]["search"][0]["names"] == ["logs-*"], read
    changed = es.security.update_cross_cluster_api_key(id=made["id"], access={"search": [{"names": ["metrics-*"]}]})
    assert changed["updated"] is True, changed
    gone = es.security.invalidate_api_key(ids=[made["id"]])
    assert gone["invalidated_api_keys"] == [made["id"]], gone
    assert es.security.get_api_key(id=made["id"])["api_keys"][0]["invalidated"] is True
    own = es.security.create_api_key(name="own", role_descriptors={"r": {"cluster": ["monitor"]}})
    as_key = Elasticsearch(deployment_url("my-deployment"), ca_certs=os.environ["SSL_CERT_FILE"], api_key=own["encoded"])
    assert as_key.security.authenticate()["authentication_type"] == "api_key"
    refused(403, "security_exception", lambda: as_key.security.put_role(name="x", cluster=["all"]))


def roles(es):
    remote = [{"clusters": ["logs"], "names": ["logs-*"], "privileges": ["read", "view_index_metadata"]}]
    assert es.security.put_role(name="peer", cluster=["monitor"], remote_indices=remote)["role"]["created"] is True
    read = es.security.get_role(name="peer")["peer"]
    assert read["remote_indices"][0]["clusters"] == ["logs"], read
    assert es.security.delete_role(name="peer")["found"] is True
    refused(404, "{}", lambda: es.security.get_role(name="peer"))
    may = es.security.has_privileges(cluster=["manage_security"])
    assert may["has_all_requested"] is True, may
    assert es.security.authenticate()["username"] == "elastic"
    assert es.license.get()["license"]["status"] == "active"


def documents(es):
    es.index(index="mine", id="1", document={"a": 1}, refresh=True)
    answer = es.bulk(operations=[{"index": {"_index": "mine", "_id": "2"}}, {"a": 2}, {"delete": {"_index": "mine", "_id": "1"}}],
                     refresh=True)
    assert answer["errors"] is False and len(answer["items"]) == 2, answer
    assert es.search(index="mine")["hits"]["total"]["value"] == 1
    assert es.get(index="mine", id="2")["_source"] == {"a": 2}
    assert es.indices.exists(index="mine") and not es.indices.exists(index="not-mine")
    assert [entry["name"] for entry in es.indices.resolve_index(name="mine*")["indices"]] == ["mine"]


parts = [link, settings, keys, roles, documents]
for http_compress in (False, True):
    client = connect("my-deployment", http_compress=http_compress)
    for part in parts:
        part(client)
other = connect("eight")
if major == 9:  # the header that this client sends is one that 8.19 refuses, for reads too
    refused(400, "media_type_header_exception", other.info)
else:
    assert other.info()["version"]["number"] == "8.19.4"
    assert other.cluster.put_settings(persistent={"cluster.routing.allocation.enable": "all"})["acknowledged"] is True
print(f"client {elasticsearch.__versionstr__}: {2 * len(parts) + 1} parts passed")
