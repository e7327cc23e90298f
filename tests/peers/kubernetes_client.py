"""The official Python client of Kubernetes against the sandbox: list in pages, watch, every kind of patch, conflicts."""

import json
import threading

from kubernetes import client, config, dynamic, watch
from kubernetes.client.exceptions import ApiException

config.load_kube_config()
core = client.CoreV1Api()
custom = client.CustomObjectsApi()
ELASTIC = {"group": "elasticsearch.k8s.elastic.co", "version": "v1", "namespace": "default", "plural": "elasticsearches"}


def refused(status, reason, call):
    try:
        call()
    except ApiException as error:
        told = json.loads(error.body)
        assert error.status == status and told["reason"] == reason and told["code"] == status, error
        return
    raise AssertionError(f"{status} {reason} was expected")


def config_map(name, data=None, **metadata):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": data or {"k": "v"}}


def pages():
    for number in range(7):
        core.create_namespaced_config_map("default", config_map(f"page-{number}", labels={"page": "yes"}))
    names, token = [], None
    while True:
        page = core.list_namespaced_config_map("default", label_selector="page=yes", limit=3, _continue=token)
        assert len(page.items) <= 3
        names += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert names == [f"page-{number}" for number in range(7)], names
    refused(400, "BadRequest", lambda: core.list_namespaced_config_map("default", limit=3, _continue="nonsense"))
    assert core.delete_collection_namespaced_config_map("default", label_selector="page=yes") is not None
    assert not core.list_namespaced_config_map("default", label_selector="page=yes").items


def watching():
    start = core.list_namespaced_config_map("default").metadata.resource_version
    seen = []

    def change():
        core.create_namespaced_config_map("default", config_map("watched"))
        core.patch_namespaced_config_map("watched", "default", {"metadata": {"labels": {"a": "b"}}})
        core.delete_namespaced_config_map("watched", "default")

    thread = threading.Thread(target=change)
    thread.start()
    stream = watch.Watch()
    for event in stream.stream(core.list_namespaced_config_map, "default", field_selector="metadata.name=watched",
                               resource_version=start, timeout_seconds=60):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            stream.stop()
    thread.join()
    assert seen == [("ADDED", "watched"), ("MODIFIED", "watched"), ("DELETED", "watched")], seen


def patches():
    core.create_namespaced_config_map("default", config_map("patched"))
    with_type = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="v1", kind="ConfigMap")

    def patch(body, content_type, **more):
        return with_type.patch(name="patched", namespace="default", body=body, content_type=content_type, **more).to_dict()

    assert patch({"data": {"a": "1"}}, "application/merge-patch+json")["data"] == {"k": "v", "a": "1"}
    assert patch({"data": {"a": None}}, "application/strategic-merge-patch+json")["data"] == {"k": "v"}
    assert patch([{"op": "add", "path": "/data/b", "value": "2"}], "application/json-patch+json")["data"] == {"k": "v", "b": "2"}
    applied = with_type.server_side_apply(body=config_map("patched", {"c": "3"}), namespace="default", field_manager="peer")
    assert applied.data.c == "3"
    refused(409, "Conflict", lambda: with_type.server_side_apply(body=config_map("patched", {"c": "4"}), namespace="default",
                                                                 field_manager="other"))
    forced = with_type.server_side_apply(body=config_map("patched", {"c": "4"}), namespace="default", field_manager="other",
                                         force_conflicts=True)
    assert forced.data.c == "4"


def conflicts():
    one = core.read_namespaced_config_map("patched", "default")
    two = core.read_namespaced_config_map("patched", "default")
    one.data["x"] = "1"
    core.replace_namespaced_config_map("patched", "default", one)
    two.data["x"] = "2"
    refused(409, "Conflict", lambda: core.replace_namespaced_config_map("patched", "default", two))
    refused(409, "AlreadyExists", lambda: core.create_namespaced_config_map("default", config_map("patched")))
    preconditions = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="another"))
    refused(409, "Conflict", lambda: core.delete_namespaced_config_map("patched", "default", body=preconditions))
    core.delete_namespaced_config_map("patched", "default")
    refused(404, "NotFound", lambda: core.read_namespaced_config_map("patched", "default"))


def elasticsearch():
    listed = custom.list_namespaced_custom_object(**ELASTIC)
    assert [item["metadata"]["name"] for item in listed["items"]] == ["quickstart"]
    body = {"spec": {"remoteClusterServer": {"enabled": True}}}
    changed = custom.patch_namespaced_custom_object(name="quickstart", body=body, **ELASTIC)
    assert changed["spec"]["remoteClusterServer"]["enabled"] is True
    refused(422, "Invalid", lambda: custom.patch_namespaced_custom_object(name="quickstart", body={"spec": {"nodeSets": []}}, **ELASTIC))
    assert core.read_namespaced_secret("quickstart-es-elastic-user", "default").data["elastic"]
    review = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(
        resource_attributes=client.V1ResourceAttributes(verb="get", resource="secrets", namespace="default")))
    assert client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed is True
    assert client.VersionApi().get_code().git_version == "v1.33.13"
    for pod in core.list_pod_for_all_namespaces().items:
        assert pod.status.phase == "Running"


parts = [pages, watching, patches, conflicts, elasticsearch]
for part in parts:
    part()
print(f"{len(parts)} parts passed")
