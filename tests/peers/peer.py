"""What the Python scripts share."""

import json
import os
import ssl
import urllib.request


def ech(method, path, body=None):
    """One request to the Elastic Cloud Hosted API; its status and its JSON."""
    request = urllib.request.Request(os.environ["EC_ENDPOINT"] + path, method=method, data=json.dumps(body).encode() if body is not None else None)
    request.add_header("Authorization", "ApiKey " + os.environ["EC_API_KEY"])
    request.add_header("Content-Type", "application/json")
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    try:
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text else None


def deployment_url(name):
    """Address of the deployment's Elasticsearch."""
    _, listed = ech("GET", "/api/v1/deployments")
    number = next(one["id"] for one in listed["deployments"] if one["name"] == name)
    _, deployment = ech("GET", f"/api/v1/deployments/{number}")
    return deployment["resources"]["elasticsearch"][0]["info"]["metadata"]["service_url"]
