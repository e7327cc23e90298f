// Replays the recordings of real servers. Status, error type and reason, and the body's shape must
// be what was recorded.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/sandbox/elasticsearch_support.hpp"

namespace crosstie::sandbox {
namespace {

struct Exchange {
  std::string comment;
  std::string method;
  std::string target;
  std::map<std::string, std::string> request_headers;
  std::string request_body;
  int status = 0;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
};

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string folder() {
  return std::string(CROSSTIE_SOURCE_DIR) + "/../shared/fixtures/elasticsearch/";
}

/// "> " lines are the request, "< " lines the answer, "# " a remark on the exchange that follows.
std::vector<Exchange> read_recording(const std::string& name) {
  std::ifstream file(folder() + name);
  static const std::regex header(R"(^([A-Za-z][A-Za-z-]*): (.*)$)");
  std::vector<Exchange> list;
  std::string comment;
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("# ", 0) == 0) comment = line.substr(2);
    if (line.size() < 2 || (line[0] != '>' && line[0] != '<')) continue;
    const std::string text = line.substr(2);
    std::smatch match;
    if (line[0] == '>') {
      static const std::regex start(R"(^(GET|PUT|POST|DELETE|HEAD) (/\S*)$)");
      if (std::regex_match(text, match, start)) {
        list.push_back({});
        list.back().comment = std::exchange(comment, "");
        list.back().method = match[1];
        list.back().target = match[2];
      } else if (list.back().request_body.empty() && std::regex_match(text, match, header)) {
        list.back().request_headers[lower_case(match[1])] = match[2];
      } else {
        list.back().request_body += text;
      }
      continue;
    }
    Exchange& last = list.back();
    if (last.status == 0) {
      last.status = std::stoi(text);
    } else if (last.body.empty() && std::regex_match(text, match, header)) {
      last.headers[lower_case(match[1])] = match[2];
    } else {
      last.body += text;
    }
  }
  return list;
}

/// Why an exchange cannot be replayed; "" when it can.
std::string left_out(const Exchange& exchange) {
  const std::string path = exchange.target.substr(0, exchange.target.find('?'));
  static const std::map<std::string, std::string> reasons{
      {"/", "the recorded server lacked the module that serves it; the simulator has it"},
      {"/_license", "the recorded server lacked the licence module"},
      {"/_security/_authenticate", "the recorded server lacked the security module"},
      {"/_security/cross_cluster/api_key", "the recorded server lacked the security module"},
      {"/_ssl/certificates", "the recorded server lacked the security module"},
      {"/_nodes/reload_secure_settings", "the recorded server had no keystore"},
      {"/_nodes/http,transport", "addresses and ids of the recorded node"}};
  const auto found = reasons.find(path);
  return found == reasons.end() ? "" : found->second;
}

/// Numbers that measure and names of the recorded cluster do not count.
Json normalized(Json value) {
  if (value.is_object()) {
    for (const char* name :
         {"took", "cluster_name", "active_primary_shards", "active_shards", "index_uuid"}) {
      if (value.contains(name)) value[name] = 0;
    }
    value.erase("cluster_credentials");
    for (auto& [name, member] : value.items()) member = normalized(member);
  } else if (value.is_array()) {
    for (Json& member : value) member = normalized(member);
  }
  return value;
}

/// Which key of an unknown alias, and which of several conflicts, is named first varies from run to
/// run on real servers.
std::set<std::string> reasons_of(const Json& error) {
  static const std::regex unknown_key(R"(\.[a-z_]+\], not recognized)");
  std::set<std::string> reasons{
      std::regex_replace(error.at("reason").get<std::string>(), unknown_key, "], not recognized")};
  for (const Json& other : error.value("suppressed", Json::array())) {
    if (other.at("type") == "illegal_argument_exception")
      reasons.insert(other.at("reason").get<std::string>());
  }
  return reasons;
}

void expect_same(const Exchange& recorded, const Response& response) {
  EXPECT_EQ(response.status, recorded.status);
  EXPECT_EQ(header_of(response, "X-elastic-product"), "Elasticsearch");
  for (const char* name : {"Allow", "X-Opaque-Id", "X-Elastic-App-Exception"}) {
    const auto found = recorded.headers.find(lower_case(name));
    EXPECT_EQ(header_of(response, name), found == recorded.headers.end() ? "" : found->second)
        << name;
  }
  EXPECT_EQ(header_of(response, "Content-Type"), recorded.headers.at("content-type"));
  if (recorded.headers.at("content-type") == "application/yaml") {
    EXPECT_EQ(response.body, recorded.body + "\n");
    return;
  }
  if (recorded.method == "HEAD") {  // the listener sends no more than the length
    EXPECT_EQ(std::to_string(response.body.size()), recorded.headers.at("content-length"));
    return;
  }
  const Json expected = Json::parse(recorded.body, nullptr, false);
  const Json actual = Json::parse(response.body, nullptr, false);
  if (!expected.is_object() || !expected.contains("error") || !expected["error"].is_object()) {
    EXPECT_EQ(normalized(actual).dump(), normalized(expected).dump());
    return;
  }
  ASSERT_TRUE(actual.contains("error")) << response.body;
  EXPECT_EQ(actual["error"]["type"], expected["error"]["type"]);
  EXPECT_EQ(reasons_of(actual["error"]), reasons_of(expected["error"]));
  EXPECT_EQ(actual["status"], expected["status"]);
  EXPECT_EQ(actual["error"]["root_cause"].size(), expected["error"]["root_cause"].size());
  EXPECT_EQ(actual["error"].value("caused_by", Json()),
            expected["error"].value("caused_by", Json()));
  const bool connection = expected["error"]["type"] == "no_seed_node_left_exception";
  if (connection) {
    EXPECT_EQ(actual["error"], expected["error"]);
  }
}

/// The remote clusters of the recordings by port, all of one seed, so that one key is valid on
/// each.
class RecordedNetwork {
 public:
  RecordedNetwork(TestWorld& local_world, const std::string& own_version) : world_(local_world) {
    CertificateRequest ca;
    ca.common_name = "ca";
    authority = make_authority(ca);
    add("8.19.21", {"127.0.0.1:19302"});
    add("8.17.2", {"127.0.0.1:19305"});
    add("9.0.8", {"127.0.0.1:19306"});
    add("9.2.2", {"127.0.0.1:19307"});
    add("8.14.3", {"127.0.0.1:19304"});
    add("9.5.3", {"127.0.0.1:19303"});
    add(own_version, {"127.0.0.1:19301"});
  }

  void add(const std::string& version, const std::vector<std::string>& addresses) {
    Remote& remote = remotes_[addresses.front()];
    // Contexts are kept apart, because the seed has to be new for each.
    remote.context =
        std::make_unique<Context>(Context{world_.io.get_executor(), Clock(0), Ids(7), {}});
    ClusterOptions options;
    options.name = "remote";
    options.version = version;
    options.cluster_uuid = "uuid";
    options.nodes = {"node"};
    options.elastic_password = "pw";
    remote.cluster = ElasticsearchCluster::make(*remote.context, std::move(options));
    const std::map<std::string, std::string> headers{{"authorization", "Basic ZWxhc3RpYzpwdw=="}};
    const Handler handler = remote.cluster->handler();
    world_.send(handler, "PUT", "/idx/_doc/1", R"({"a":1})", headers);
    world_.send(handler, "PUT", "/other/_doc/1", R"({"a":1})", headers);
    const Response minted = world_.send(
        handler, "POST", "/_security/cross_cluster/api_key",
        R"({"name":"k","access":{"search":[{"names":["idx","other","nope"]}]}})", headers);
    key = body_of(minted).at("encoded");
    start(addresses.front());
  }

  void start(const std::string& address) {
    CertificateRequest request;
    request.common_name = "remote";
    request.dns_names = {"b.example.test", "one.test", "two.test"};
    request.ip_addresses = {"127.0.0.1"};
    world_.context.network.bind(
        address, remotes_.at(address).cluster->serve_remote(issue(authority, request)));
  }
  void stop(const std::string& address) {
    remotes_.at(address).cluster->serve_remote(std::nullopt);
  }

  Identity authority;
  std::string key;

 private:
  struct Remote {
    std::unique_ptr<Context> context;
    std::unique_ptr<ElasticsearchCluster> cluster;
  };
  TestWorld& world_;
  std::map<std::string, Remote> remotes_;
};

class Replay {
 public:
  explicit Replay(const std::string& version)
      : network(world, version), local(world, "cluster-a", version) {
    local.cluster->set_remote_trust(network.authority.certificate_pem);
    local.cluster->set_keystore({{"cluster.remote.b.credentials", network.key}});
  }

  void set(const Json& persistent) {
    local.put("/_cluster/settings", {{"persistent", persistent}});
  }
  void clear() {
    local.put("/_cluster/settings", {{"persistent", {{"cluster.*", nullptr}}}});
    local.put("/_cluster/settings", {{"transient", {{"cluster.*", nullptr}}}});
  }

  void exchange(const Exchange& recorded) {
    const std::string reason = left_out(recorded);
    if (!reason.empty()) {
      std::cout << "left out: " << recorded.method << " " << recorded.target << ": " << reason
                << "\n";
      ++skipped;
      return;
    }
    SCOPED_TRACE(recorded.comment + ": " + recorded.method + " " + recorded.target + " " +
                 recorded.request_body);
    std::map<std::string, std::string> headers = recorded.request_headers;
    expect_same(recorded,
                local.call(recorded.method, recorded.target, recorded.request_body, headers));
    ++replayed;
    // Between the exchanges of recording 03 the recorder removed alias x after each success.
    if (recorded.method == "PUT" && recorded.status == 200 &&
        recorded.request_body.find("\"x\"") != std::string::npos) {
      set({{"cluster.remote.x.*", nullptr}});
    }
  }

  TestWorld world;
  RecordedNetwork network;
  TestCluster local;
  int replayed = 0;
  int skipped = 0;
};

const Json kFirstRemote{{"cluster.remote.b.mode", "proxy"},
                        {"cluster.remote.b.proxy_address", "127.0.0.1:19302"},
                        {"cluster.remote.b.server_name", "b.example.test"},
                        {"cluster.remote.b.skip_unavailable", true},
                        {"cluster.remote.b.proxy_socket_connections", 4}};

class ElasticsearchLinkRecordings : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::ifstream(folder() + "es9.5.3-00-basics.txt"))
      GTEST_SKIP() << "no recordings beside this repository";
  }
};

class ElasticsearchRecordings : public ElasticsearchLinkRecordings,
                                public testing::WithParamInterface<const char*> {};

TEST_P(ElasticsearchRecordings, are_answered_as_recorded) {
  const std::string version = GetParam();
  Replay replay(version);
  const std::pair<const char*, bool> parts[] = {
      {"00-basics", false}, {"01-register", false}, {"02-search", true},
      {"03-invalid", true}, {"04-nulls", true},     {"05-modes", false},
      {"06-wrong", false},  {"07-http", false},     {"08-partial", false}};
  for (const auto& [part, with_remote] : parts) {
    SCOPED_TRACE(part);
    replay.clear();
    if (with_remote) replay.set(kFirstRemote);
    for (const Exchange& recorded : read_recording("es" + version + "-" + part + ".txt"))
      replay.exchange(recorded);
  }
  std::cout << version << ": " << replay.replayed << " replayed, " << replay.skipped
            << " left out\n";
  EXPECT_EQ(replay.replayed, 163);
  EXPECT_EQ(replay.skipped, 8);  // docs/sandbox.md names them
}

INSTANTIATE_TEST_SUITE_P(Versions, ElasticsearchRecordings,
                         testing::Values("8.14.3", "8.19.21", "9.5.3"), [](const auto& test) {
                           return "v" + std::regex_replace(std::string(test.param),
                                                           std::regex("\\."), "_");
                         });

TEST_F(ElasticsearchLinkRecordings, of_a_remote_that_goes_down_and_comes_back) {
  Replay replay("8.19.21");
  replay.set({{"cluster.remote.b.mode", "proxy"},
              {"cluster.remote.b.proxy_address", "127.0.0.1:19302"},
              {"cluster.remote.b.skip_unavailable", false},
              {"cluster.remote.b.proxy_socket_connections", 4}});
  for (const Exchange& recorded : read_recording("es8.19.21-10-down.txt")) {
    if (recorded.comment == "B stopped cleanly") replay.network.stop("127.0.0.1:19302");
    if (recorded.comment == "skip true") replay.set({{"cluster.remote.b.skip_unavailable", true}});
    if (recorded.comment.rfind("B up again, +0s", 0) == 0) replay.network.start("127.0.0.1:19302");
    if (recorded.target.rfind("/_nodes/", 0) == 0) continue;  // addresses of the recorded node
    replay.exchange(recorded);
  }
  EXPECT_GE(replay.replayed, 14);
}

TEST_F(ElasticsearchLinkRecordings, of_skip_unavailable_on_a_rebuilt_link) {
  int versions = 0;
  std::unique_ptr<Replay> replay;
  for (const Exchange& recorded : read_recording("x-09-skip-reset.txt")) {
    if (!recorded.comment.empty()) {
      replay = std::make_unique<Replay>(recorded.comment.substr(0, recorded.comment.find(':')));
      Json first = Json::parse(recorded.request_body);
      first["persistent"]["cluster"]["remote"]["b"]["server_name"] = "one.test";
      // The 8.14 and 8.17 clusters of the recording reached the same port, which here has the
      // version that each can speak to.
      replay->set(first["persistent"]);
      ++versions;
    }
    replay->exchange(recorded);
  }
  EXPECT_EQ(versions, 6);
}

TEST_F(ElasticsearchLinkRecordings, of_every_pair_of_versions) {
  const std::map<std::string, std::string> ports{{"8.14.3", "19304"},  {"8.17.2", "19305"},
                                                 {"8.19.21", "19302"}, {"9.0.8", "19306"},
                                                 {"9.2.2", "19307"},   {"9.5.3", "19303"}};
  int pairs = 0;
  std::unique_ptr<Replay> replay;
  std::string local_version;
  for (const Exchange& recorded : read_recording("x-09-versions.txt")) {
    std::smatch match;
    static const std::regex form(R"(local (\S+) remote (\S+) connected=(\S+))");
    ASSERT_TRUE(std::regex_match(recorded.comment, match, form));
    if (local_version != match[1]) replay = std::make_unique<Replay>(local_version = match[1]);
    replay->clear();
    replay->set({{"cluster.remote.b.mode", "proxy"},
                 {"cluster.remote.b.proxy_address", "127.0.0.1:" + ports.at(match[2])},
                 {"cluster.remote.b.skip_unavailable", false}});
    EXPECT_EQ(replay->local.get("/_remote/info")["b"]["connected"], match[3] == "True")
        << recorded.comment;
    replay->exchange(recorded);
    ++pairs;
  }
  EXPECT_EQ(pairs, 36);
}

TEST_F(ElasticsearchLinkRecordings, of_a_credential_loaded_at_start) {
  Replay replay("8.19.21");
  replay.network.add("8.19.21", {"127.0.0.1:19443"});
  // The transport port of the recording: with a credential it never connects.
  replay.world.context.network.unbind("127.0.0.1:19302");
  for (const Exchange& recorded : read_recording("es8.19.21-12-credentials-at-start.txt")) {
    // A link of the certificate model follows, which the simulator does not have.
    if (recorded.comment.rfind("other alias", 0) == 0) break;
    replay.exchange(recorded);
    EXPECT_EQ(replay.local.get("/_remote/info")["b"]["cluster_credentials"], "::es_redacted::");
  }
  EXPECT_EQ(replay.replayed, 6);
}

TEST_F(ElasticsearchLinkRecordings, of_addresses_that_lead_nowhere) {
  Replay replay("9.5.3");
  for (const Exchange& recorded : read_recording("es9.5.3-14-latency.txt"))
    replay.exchange(recorded);
  EXPECT_GE(replay.replayed, 12);
}

}  // namespace
}  // namespace crosstie::sandbox
