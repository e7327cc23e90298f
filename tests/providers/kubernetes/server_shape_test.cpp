#include "providers/kubernetes/server_shape.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "providers/kubernetes/emptied.hpp"
#include "providers/kubernetes/manifest.hpp"

namespace crosstie::kubernetes {
namespace {

Value json(const std::string& text) { return from_json(nlohmann::json::parse(text)); }

std::string paths_of(const std::vector<FieldChange>& changes) {
  std::string text;
  for (const FieldChange& change : changes)
    text += (text.empty() ? "" : " ") + print_path(change.path);
  return text;
}

/// A stored object with one managedFields entry of ours (seen on kube-apiserver 1.34.4).
Value stored(const std::string& object, const std::string& fields,
             const std::string& others = "{}") {
  Value live = json(object);
  Value metadata(Value::Object{});
  metadata.set(
      "managedFields",
      json(R"([{"manager":"crosstie","operation":"Apply","fieldsV1":)" + fields +
           R"(},{"manager":"kubectl-patch","operation":"Update","fieldsV1":)" + others + "}]"));
  live.set("metadata", std::move(metadata));
  return live;
}

struct Row {
  const char* reason;
  const char* desired;
  const char* live;
  const char* ours;
  const char* others;
  const char* paths;
};

TEST(ServerShape, decides_how_lists_and_empty_values_compare) {
  const Row rows[] = {
      {"empty values that the server leaves out and that we own are there",
       R"({"spec":{"hostNetwork":false,"containers":[{"name":"c","stdin":false,"workingDir":"",)"
       R"("env":[{"name":"A","value":""}]}]}})",
       R"({"spec":{"containers":[{"name":"c","env":[{"name":"A"}]}]}})",
       R"({"f:spec":{"f:hostNetwork":{},"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:name":{},)"
       R"("f:stdin":{},"f:workingDir":{},"f:env":{"k:{\"name\":\"A\"}":{".":{},"f:name":{},)"
       R"("f:value":{}}}}}}})",
       "{}", ""},
      {"an environment variable that somebody wrote without its empty value",
       R"({"spec":{"env":[{"name":"A","value":""}]}})", R"({"spec":{"env":[{"name":"A"}]}})",
       R"({"f:x":{}})", R"({"f:spec":{"f:env":{}}})", ""},
      {"an empty value that we do not own is to be set",
       R"({"spec":{"automountServiceAccountToken":false}})", R"({"spec":{}})",
       R"({"f:spec":{"f:other":{}}})", "{}", "spec.automountServiceAccountToken"},
      {"a value that is not empty is never taken for left out", R"({"spec":{"replicas":2}})",
       R"({"spec":{}})", R"({"f:spec":{"f:replicas":{}}})", "{}", "spec.replicas"},
      {"one more port in a list that is one value",
       R"({"spec":{"ingress":[{"ports":[{"port":1}]}]}})",
       R"({"spec":{"ingress":[{"ports":[{"port":1,"protocol":"TCP"},{"port":22}]}]}})",
       R"({"f:spec":{"f:policyTypes":{}}})", R"({"f:spec":{"f:ingress":{}}})",
       "spec.ingress[0].ports"},
      {"one more port in a list by key", R"({"spec":{"ports":[{"port":1}]}})",
       R"({"spec":{"ports":[{"port":1,"protocol":"TCP"},{"port":22,"protocol":"TCP"}]}})",
       R"({"f:spec":{"f:ports":{"k:{\"port\":1,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}})",
       R"({"f:spec":{"f:ports":{"k:{\"port\":22,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}})",
       ""},
      {"env of a custom resource is one value", R"({"spec":{"env":[{"name":"a"}]}})",
       R"({"spec":{"env":[{"name":"a"},{"name":"b"}]}})", R"({"f:spec":{"f:size":{}}})",
       R"({"f:spec":{"f:env":{}}})", "spec.env"},
      {"a list by key of a custom resource, in another order",
       R"({"spec":{"parts":[{"id":"a","v":"1"},{"id":"b","v":"2"}]}})",
       R"({"spec":{"parts":[{"id":"c","v":"3"},{"id":"b","v":"2"},{"id":"a","v":"9"}]}})",
       R"({"f:spec":{"f:parts":{"k:{\"id\":\"a\"}":{".":{},"f:v":{}},"k:{\"id\":\"b\"}":{".":{}}}}})",
       "{}", "spec.parts[0].v"},
      {"others may add to a set", R"({"spec":{"zones":["x","y"]}})",
       R"({"spec":{"zones":["z","y","x"]}})",
       R"({"f:spec":{"f:zones":{"v:\"x\"":{},"v:\"y\"":{}}}})",
       R"({"f:spec":{"f:zones":{"v:\"z\"":{}}}})", ""},
      {"an element that a set lacks", R"({"spec":{"zones":["x","y"]}})",
       R"({"spec":{"zones":["y"]}})", R"({"f:spec":{"f:zones":{"v:\"y\"":{}}}})", "{}",
       "spec.zones[0]"},
      {"a selector with one more condition",
       R"({"spec":{"podSelector":{"matchLabels":{"a":"b"}}}})",
       R"({"spec":{"podSelector":{"matchLabels":{"a":"b"},"matchExpressions":[{"key":"x"}]}}})",
       R"({"f:x":{}})", R"({"f:spec":{"f:podSelector":{}}})", "spec.podSelector"},
      {"constraints that differ in the second part of their key",
       R"({"topologySpreadConstraints":[{"topologyKey":"z","whenUnsatisfiable":"A"},)"
       R"({"topologyKey":"z","whenUnsatisfiable":"B"}]})",
       R"({"topologySpreadConstraints":[{"topologyKey":"z","whenUnsatisfiable":"A"},)"
       R"({"topologyKey":"z","whenUnsatisfiable":"B"}]})",
       R"({"f:x":{}})", "{}", ""}};
  for (const Row& row : rows) {
    const Value live = stored(row.live, row.ours, row.others);
    EXPECT_EQ(paths_of(compare_manifest(json(row.desired), live, server_shape(live))), row.paths)
        << row.reason;
  }
}

TEST(ServerShape, says_nothing_where_the_names_tell_all) {
  const Value live = stored(
      R"({"spec":{"containers":[{"name":"c","command":["a"],"ports":[{"containerPort":1}]}]}})",
      R"({"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:command":{},"f:ports":)"
      R"({"k:{\"containerPort\":1,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}})");
  EXPECT_EQ(server_shape(live), Value(Value::Object{}));
}

TEST(ServerShape, elements_of_a_set_that_are_not_wanted_any_more_are_dropped) {
  const Value live = json(R"({"metadata":{"finalizers":["x/a","x/b","x/c"]}})");
  EXPECT_EQ(paths_of(dropped_fields(json(R"({"metadata":{"finalizers":["x/a","x/b"]}})"),
                                    json(R"({"metadata":{"finalizers":["x/b"]}})"), live)),
            "metadata.finalizers[0]");
}

struct EmptiedRow {
  const char* reason;
  const char* live;
  const char* desired;
  const char* ours;
  const char* others;
  const char* patch;
};

TEST(Emptied, are_objects_that_stay_and_lose_their_last_member) {
  const char* kClaims =
      R"({"f:spec":{"f:server":{"f:enabled":{},"f:service":{"f:spec":{"f:type":{}}}}}})";
  const EmptiedRow rows[] = {
      {"the operator owns the object empty",
       R"({"spec":{"server":{"enabled":true,"service":{"metadata":{},"spec":{"type":"LB"}}}}})",
       "{}", kClaims,
       R"({"f:spec":{"f:server":{".":{},"f:service":{".":{},"f:metadata":{},"f:spec":{}}}}})",
       R"({"spec":{"server":{"service":{"spec":{"type":null}}}}})"},
      {"nobody else owns it: it goes whole, which apply can do",
       R"({"spec":{"server":{"enabled":true,"service":{"spec":{"type":"LB"}}},"version":"9"}})",
       "{}", kClaims, R"({"f:spec":{"f:version":{}}})", "null"},
      {"something of others is left in it",
       R"({"spec":{"server":{"enabled":true,"service":{"spec":{"type":"LB","ports":[]}}}}})", "{}",
       kClaims, R"({"f:spec":{"f:server":{"f:service":{"f:spec":{"f:ports":{}}}}}})", "null"},
      {"the value is another's too",
       R"({"spec":{"server":{"enabled":true,"service":{"spec":{"type":"LB"}}}}})", "{}", kClaims,
       R"({"f:spec":{"f:server":{"f:service":{"f:spec":{"f:type":{}}}}}})", "null"},
      {"the manifest has it empty", R"({"spec":{"size":1,"free":{"x":1}}})",
       R"({"spec":{"size":1,"free":{}}})", R"({"f:spec":{"f:size":{},"f:free":{"f:x":{}}}})", "{}",
       R"({"spec":{"free":{"x":null}}})"},
      {"a list by key that is to be empty", R"({"spec":{"size":1,"parts":[{"name":"a"}]}})",
       R"({"spec":{"size":1,"parts":[]}})",
       R"({"f:spec":{"f:size":{},"f:parts":{"k:{\"name\":\"a\"}":{".":{},"f:name":{}}}}})", "{}",
       R"({"spec":{"parts":[]}})"},
      {"nothing is dropped", R"({"spec":{"free":{"x":1}}})", R"({"spec":{"free":{"x":2}}})",
       R"({"f:spec":{"f:free":{"f:x":{}}}})", "{}", "null"}};
  for (const EmptiedRow& row : rows) {
    const Value live = stored(row.live, row.ours, row.others);
    EXPECT_EQ(emptied_patch(live, json(row.desired), "crosstie"), json(row.patch)) << row.reason;
  }
  const Value live = stored(rows[0].live, rows[0].ours, rows[0].others);
  EXPECT_TRUE(emptied_patch(live, json("{}"), "another").is_null());
}

}  // namespace
}  // namespace crosstie::kubernetes
