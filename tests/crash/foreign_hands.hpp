#pragma once
// Another client of the same services: it changes or deletes one object of the link, by the APIs
// that everybody uses.
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/project.hpp"

namespace crosstie::testing {

/// One thing that somebody else does. `done` tells whether the service took it (the object may not
/// exist yet, or not any more); `stands` whether it is still so in the world.
struct ForeignEdit {
  std::string name;     // a word for the test's name
  std::string address;  // of the resource it is done to
  std::function<bool(const Project&)> done;
  std::function<bool(const Project&)> stands;
  /// Path of the requests that read and write the object; empty where the service checks a version,
  /// so that no write can overwrite what its sender did not read.
  std::string unversioned_path;
};

/// One request to the API server, as an administrator with kubectl sends it.
inline ClusterAnswer ask_kubernetes(const Project& project, const std::string& method,
                                    const std::string& path, const json& body = nullptr) {
  const std::string file = sandbox::testing::read_file(project.box().kubeconfig());
  const auto part = [&](const std::string& key) {
    std::smatch found;
    const bool there = std::regex_search(file, found, std::regex(key + ": (\\S+)"));
    return there ? Project::base64_decoded(found[1].str()) : std::string();
  };
  sandbox::DialRequest request;
  request.port = sandbox::testing::port_of(project.box().kubernetes_url());
  request.trusted_pem = part("certificate-authority-data");
  request.server_name = "127.0.0.1";
  request.client = sandbox::Identity{part("client-certificate-data"), part("client-key-data")};
  request.method = method;
  request.path = path;
  request.headers = {{"User-Agent", "kubectl/v1.30.0"}};
  if (!body.is_null()) {
    request.headers.emplace_back(
        "Content-Type", method == "PATCH" ? "application/merge-patch+json" : "application/json");
    request.body = body.dump();
  }
  const sandbox::RemoteHello hello = sandbox::testing::https(std::move(request));
  EXPECT_TRUE(hello.tls_established) << hello.error;
  return {hello.status, json::parse(hello.body, nullptr, false)};
}

inline bool is_ok(const ClusterAnswer& answer) { return answer.status / 100 == 2; }

inline json object_in_world(const Project& project, const std::string& name) {
  const json world = project.world();
  return world["kubernetes"].contains(name) ? world["kubernetes"][name] : json();
}

inline json deployment_in_world(const Project& project) {
  return project.world()["ech"]["deployments"][project.deployment_id()];
}

inline json key_in_world(const Project& project) {
  const json world = project.world_with_server();
  const json& keys = world["eck"]["default/quickstart"]["api_keys"];
  return keys.empty() ? json() : keys.back();
}

/// Takes every entry out of the deployment's trust, as a tool does that sends settings whole.
inline bool drop_trust(const Project& project) {
  const json read = project.ask_ech("GET", "?show_plans=true&show_settings=true").body;
  const json& resource = read["resources"]["elasticsearch"][0];
  const json& now = resource["info"]["settings"]["trust"];
  if (now.value("direct", json::array()).empty()) return false;
  const json trust = {
      {"accounts", now["accounts"]}, {"external", nullptr}, {"direct", json::array()}};
  const json body = {{"prune_orphans", false},
                     {"resources",
                      {{"elasticsearch",
                        {{{"ref_id", resource["ref_id"]},
                          {"region", resource["region"]},
                          {"plan", resource["info"]["plan_info"]["current"]["plan"]},
                          {"settings", {{"trust", trust}}}}}}}}};
  return is_ok(project.ask_ech("PUT", "", body));
}

inline std::vector<ForeignEdit> kubernetes_edits() {
  const std::string es =
      "/apis/elasticsearch.k8s.elastic.co/v1/namespaces/default/elasticsearches/quickstart";
  const std::string service = "/api/v1/namespaces/default/services/quickstart-es-remote-cluster-lb";
  const std::string map = "/api/v1/namespaces/default/configmaps/settings";
  const auto patch = [](const std::string& path, const json& body) {
    return [path, body](const Project& project) {
      return is_ok(ask_kubernetes(project, "PATCH", path, body));
    };
  };
  const auto erase = [](const std::string& path) {
    return
        [path](const Project& project) { return is_ok(ask_kubernetes(project, "DELETE", path)); };
  };
  const auto absent = [](const std::string& name) {
    return [name](const Project& project) { return object_in_world(project, name).is_null(); };
  };
  const std::string service_name = "v1/Service/default/quickstart-es-remote-cluster-lb";
  return {
      {"spec_edited", "link.logs.remote_server",
       patch(es, {{"spec", {{"remoteClusterServer", {{"enabled", false}}}}}}),
       [](const Project& project) {
         const json object = object_in_world(
             project, "elasticsearch.k8s.elastic.co/v1/Elasticsearch/default/quickstart");
         return object["spec"].value("/remoteClusterServer/enabled"_json_pointer, true) == false;
       },
       ""},
      {"service_edited", "link.logs.load_balancer",
       patch(service, {{"spec", {{"selector", {{"other", "thing"}}}}}}),
       [service_name](const Project& project) {
         return object_in_world(project, service_name)
                    .value("/spec/selector/other"_json_pointer, "") == "thing";
       },
       ""},
      {"service_deleted", "link.logs.load_balancer", erase(service), absent(service_name), ""},
      {"config_map_edited", "resource.settings", patch(map, {{"data", {{"color", "black"}}}}),
       [](const Project& project) {
         return object_in_world(project, "v1/ConfigMap/default/settings")
                    .value("/data/color"_json_pointer, "") == "black";
       },
       ""},
      {"config_map_deleted", "resource.settings", erase(map),
       absent("v1/ConfigMap/default/settings"), ""},
  };
}

inline std::vector<ForeignEdit> cloud_edits() {
  return {
      {"trust_deleted", "link.logs.trust", drop_trust,
       [](const Project& project) {
         const json read = project.ask_ech("GET", "?show_settings=true").body;
         return read["resources"]["elasticsearch"][0]["info"]["settings"]["trust"]
             .value("direct", json::array())
             .empty();
       },
       ""},
      {"keystore_deleted", "link.logs.keystore",
       [](const Project& project) {
         if (!deployment_in_world(project)["keystore"].contains("cluster.remote.logs.credentials"))
           return false;
         return is_ok(
             project.ask_ech("PATCH", "/elasticsearch/main-elasticsearch/keystore",
                             {{"secrets", {{"cluster.remote.logs.credentials", json::object()}}}}));
       },
       [](const Project& project) {
         return !deployment_in_world(project)["keystore"].contains(
             "cluster.remote.logs.credentials");
       },
       "*/keystore"},
  };
}

inline std::vector<ForeignEdit> cluster_edits() {
  const auto settings = [](const Project& project) {
    return deployment_in_world(project)["elasticsearch"]["settings"]["persistent"];
  };
  const auto put_settings = [](const Project& project, const json& persistent) {
    return is_ok(project.ask_deployment("PUT", "/_cluster/settings", {{"persistent", persistent}}));
  };
  const std::string path = "/_cluster/settings*";
  const std::string role = "/_security/role/logs_reader";
  return {
      {"setting_edited", "link.logs.remote",
       [=](const Project& project) {
         return settings(project).contains("cluster.remote.logs.mode") &&
                put_settings(project, {{"cluster.remote.logs.server_name", "somebody.else"}});
       },
       [=](const Project& project) {
         return settings(project).value("cluster.remote.logs.server_name", "") == "somebody.else";
       },
       path},
      {"alias_deleted", "link.logs.remote",
       [=](const Project& project) {
         return settings(project).contains("cluster.remote.logs.mode") &&
                put_settings(project, {{"cluster.remote.logs.*", nullptr}});
       },
       [=](const Project& project) {
         return !settings(project).contains("cluster.remote.logs.mode");
       },
       path},
      {"key_edited", "link.logs.key",
       [](const Project& project) {
         const json key = key_in_world(project);
         return !key.is_null() &&
                is_ok(project.ask_eck(
                    "PUT",
                    "/_security/cross_cluster/api_key/" + key["server"]["id"].get<std::string>(),
                    {{"access", {{"search", {{{"names", {"*"}}}}}}}}));
       },
       [](const Project& project) {
         return key_in_world(project).value("/access/search/0/names"_json_pointer, json()) ==
                json{"*"};
       },
       "/_security/*api_key*"},
      {"key_deleted", "link.logs.key",
       [](const Project& project) {
         return !key_in_world(project).is_null() &&
                is_ok(project.ask_eck("DELETE", "/_security/api_key", {{"name", "crosstie-logs"}}));
       },
       [](const Project& project) { return key_in_world(project).is_null(); },
       "/_security/*api_key*"},
      {"role_edited", "resource.reader",
       [role](const Project& project) {
         return project.ask_deployment("GET", role).status == 200 &&
                is_ok(project.ask_deployment("PUT", role, {{"cluster", {"all"}}}));
       },
       [](const Project& project) {
         return deployment_in_world(project)["elasticsearch"]["roles"].value(
                    "/logs_reader/cluster"_json_pointer, json()) == json{"all"};
       },
       role},
      {"role_deleted", "resource.reader",
       [role](const Project& project) { return is_ok(project.ask_deployment("DELETE", role)); },
       [](const Project& project) {
         return !deployment_in_world(project)["elasticsearch"]["roles"].contains("logs_reader");
       },
       role},
  };
}

inline std::vector<ForeignEdit> foreign_edits() {
  std::vector<ForeignEdit> all = kubernetes_edits();
  for (std::vector<ForeignEdit>& more : std::vector{cloud_edits(), cluster_edits()})
    for (ForeignEdit& edit : more) all.push_back(std::move(edit));
  return all;
}

inline void PrintTo(const ForeignEdit& edit, std::ostream* out) { *out << edit.name; }

}  // namespace crosstie::testing
