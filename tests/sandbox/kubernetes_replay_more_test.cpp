// The recordings of a real kube-apiserver (kubernetes_replay.hpp): limits of size, discovery, lists
// of the custom resource, watches that end.
#include "tests/sandbox/kubernetes_replay.hpp"

namespace crosstie::sandbox {
namespace {

using namespace kubernetes_replay;

/// What a recording kept of a long body: all that was complete before the cut.
json parse_cut(std::string text) {
  if (const auto cut = text.find("\n... (cut"); cut != std::string::npos) text.resize(cut);
  std::string open;  // closers of what is open
  std::string whole;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char sign = text[at];
    if (quoted && sign == '\\') {
      ++at;
    } else if (sign == '"') {
      quoted = !quoted;
    } else if (quoted) {
      continue;
    } else if (sign == ',') {
      whole = text.substr(0, at) + std::string(open.rbegin(), open.rend());
    } else if (sign == '{' || sign == '[') {
      open += sign == '{' ? '}' : ']';
    } else if (sign == '}' || sign == ']') {
      open.pop_back();
      if (open.empty()) return json::parse(text);
    }
  }
  return json::parse(whole);
}

class KubernetesReplayMore : public KubernetesReplay {
 protected:
  void SetUp() override {
    if (!fs::exists(folder_)) GTEST_SKIP() << "no recordings beside the repository";
  }

  /// Sends the request as recorded; its answer is compared by the caller.
  Answer send_recorded(const Recording& recording) {
    Headers headers = recording.request_headers;
    headers["user-agent"] = "curl/7.88.1";
    std::string body = recording.request_body;
    while (body.ends_with("\n")) body.pop_back();
    return send(recording.method, recording.target, body, headers);
  }

  Recording recording_of(const std::string& name) {
    replayed_.insert(name);
    return read_recording(folder_ / ("http-" + name + ".txt"));
  }

  /// The objects of a list recording, put into the store as they are.
  void store_elasticsearch(const json& object) {
    store.create({"elasticsearch.k8s.elastic.co", "elasticsearches", "api",
                  object.at("metadata").at("name").get<std::string>()},
                 object);
  }
};

/// The recordings keep the beginning of these bodies; they are filled up to the length they had.
TEST_F(KubernetesReplayMore, bodies_and_objects_over_the_limits) {
  const std::pair<const char*, std::size_t> cases[] = {{"422-annotations-over-256kib", 256u << 10},
                                                       {"422-secret-over-1mib", (1u << 20) + 1},
                                                       {"422-configmap-over-1mib", (1u << 20) + 1},
                                                       {"413-body-over-3mib", 4u << 20}};
  for (const auto& [name, length] : cases) {
    SCOPED_TRACE(name);
    Recording recording = recording_of(name);
    std::string& body = recording.request_body;
    body.resize(body.find("xxxx"));
    const auto open =
        std::count(body.begin(), body.end(), '{') - std::count(body.begin(), body.end(), '}');
    body += std::string(length, 'x') + "\"" + std::string(static_cast<std::size_t>(open), '}');
    compare(recording, send_recorded(recording));
  }
}

/// The real server has more groups and kinds; what is served here is described as there.
TEST_F(KubernetesReplayMore, discovery_tells_each_served_group_as_recorded) {
  const auto by_name = [](const json& list, const char* field) {
    std::map<std::string, json> found;
    for (const json& entry : list)
      found[field[0] == 'm' ? entry.at("metadata").value("name", "") : entry.value(field, "")] =
          entry;
    return found;
  };
  const Recording plain = recording_of("discovery-apis");
  const Answer groups = send_recorded(plain);
  EXPECT_EQ(groups.headers.at("Content-Type"), plain.headers.at("Content-Type"));
  const auto real_groups = by_name(parse_cut(plain.body).at("groups"), "name");
  const auto our_groups = by_name(groups.body.at("groups"), "name");
  int groups_compared = 0;
  for (const auto& [name, group] : our_groups) {
    if (!real_groups.contains(name)) continue;  // after the cut
    const json& real = real_groups.at(name);
    if (!real.contains("preferredVersion")) continue;
    EXPECT_EQ(group.at("preferredVersion"), real.at("preferredVersion")) << name;
    const json& all = real.at("versions");
    EXPECT_NE(std::find(all.begin(), all.end(), group.at("versions").at(0)), all.end()) << name;
    ++groups_compared;
  }
  EXPECT_EQ(groups_compared, 4);
  const Recording whole = recording_of("discovery-apis-aggregated");
  const Answer aggregated = send_recorded(whole);
  EXPECT_EQ(aggregated.headers.at("Content-Type"), whole.headers.at("Content-Type"));
  const json expected = parse_cut(whole.body);
  EXPECT_EQ(aggregated.body.at("apiVersion"), expected.at("apiVersion"));
  const auto real_items = by_name(expected.at("items"), "metadata");
  int compared = 0;
  for (const auto& [name, group] : by_name(aggregated.body.at("items"), "metadata")) {
    if (!real_items.contains(name)) continue;
    const json& real_versions = real_items.at(name).at("versions");
    std::map<std::string, json> real = by_name(real_versions.at(0).at("resources"), "resource");
    for (const json& resource : group.at("versions").at(0).at("resources")) {
      if (!real.contains(resource.at("resource"))) continue;  // after the cut
      json wanted = masked(real.at(resource.at("resource")));
      json told = masked(resource);
      wanted.erase("subresources");  // log, exec, scale and others are not simulated
      told.erase("subresources");
      wanted.erase("categories");
      told.erase("categories");
      EXPECT_EQ(told, wanted);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 2);
}

TEST_F(KubernetesReplayMore, lists_of_the_custom_resource) {
  const Recording listed = recording_of("list-cr");
  const json expected = parse_cut(listed.body);
  json first = expected.at("items").at(0);
  const std::string name = first.at("metadata").value("name", "own");
  first["metadata"]["name"] = name;
  first["metadata"]["namespace"] = "api";
  store_elasticsearch(first);
  json second = first;
  second["metadata"]["name"] = "zzz";
  store_elasticsearch(second);
  Answer answer = send_recorded(listed);
  EXPECT_EQ(answer.status, listed.status);
  EXPECT_EQ(answer.body.at("kind"), "ElasticsearchList");
  EXPECT_EQ(answer.body.at("apiVersion"), expected.at("apiVersion"));
  ASSERT_EQ(answer.body.at("items").size(), 1u);
  const json& item = answer.body.at("items").at(0);
  for (const char* field : {"apiVersion", "kind"}) EXPECT_EQ(item.at(field), first.at(field));
  EXPECT_EQ(item.at("metadata").at("annotations"), first.at("metadata").at("annotations"));
  const Recording table = recording_of("list-table");
  answer = send_recorded(table);
  EXPECT_EQ(answer.status, table.status);
  const json rows = parse_cut(table.body);
  EXPECT_EQ(answer.body.at("columnDefinitions"), rows.at("columnDefinitions"));
  json cells = answer.body.at("rows").at(0).at("cells");
  json wanted_cells = rows.at("rows").at(0).at("cells");
  ASSERT_EQ(cells.size(), wanted_cells.size());
  for (json* row : {&cells, &wanted_cells}) {  // neither the name nor the age
    row->erase(row->size() - 1);
    row->erase(0);
  }
  EXPECT_EQ(cells, wanted_cells);
}

TEST_F(KubernetesReplayMore, status_in_a_put_of_the_main_resource_is_ignored) {
  Recording recording = recording_of("200-put-status-ignored");
  std::ifstream stream(folder_ / "es-1-created-no-nodes.json");
  json object = json::parse(stream);
  object["metadata"]["name"] = "own";
  object["metadata"]["namespace"] = "api";
  store_elasticsearch(object);
  json changed = get(recording.target).body;
  const json before = changed.at("status");
  changed["status"] = {{"phase", "Ready"}, {"health", "green"}};
  recording.request_body = changed.dump();
  const Answer answer = send_recorded(recording);
  EXPECT_EQ(answer.status, recording.status) << answer.text;
  EXPECT_EQ(answer.body.at("status"), before);
  EXPECT_EQ(answer.body.at("metadata").at("generation"), changed.at("metadata").at("generation"));
}

TEST_F(KubernetesReplayMore, watches_from_a_version_that_is_gone) {
  post("/api/v1/namespaces/api/secrets", secret("w"));
  for (int number = 0; number < 10; ++number)
    post("/api/v1/namespaces/api/secrets", secret("w" + std::to_string(number)));
  store.compact();
  const Recording recording = recording_of("watch-410");
  const auto writer = watch(recording.target);
  const auto events = writer->events();
  ASSERT_EQ(events.size(), 1u);
  json expected = json::parse(recording.body);
  json actual = events.front();
  static const std::regex versions("version: [0-9]+ \\([0-9]+\\)");
  for (json* event : {&expected, &actual}) {
    json& message = (*event)["object"]["message"];
    message = std::regex_replace(message.get<std::string>(), versions, "version: N (N)");
  }
  EXPECT_EQ(actual, expected);
}

/// Nothing matched, and the watch ended before a bookmark was due: a head without a body.
TEST_F(KubernetesReplayMore, watches_that_see_nothing_answer_with_a_head_alone) {
  const Recording recording = recording_of("watch-bookmark");
  const std::string from = std::to_string(store.resource_version());
  const Answer answer = get(std::regex_replace(recording.target, std::regex("2500"), from));
  EXPECT_EQ(answer.status, recording.status);
  EXPECT_EQ(answer.headers.at("Content-Type"), recording.headers.at("Content-Type"));
  EXPECT_TRUE(answer.raw.stream);
  EXPECT_EQ(answer.text, "");
}

}  // namespace
}  // namespace crosstie::sandbox
