// What the code makes of the recorded answers of real servers.
#include "tests/providers/elasticsearch/recordings.hpp"

#include <gtest/gtest.h>

#include "providers/elasticsearch/api.hpp"
#include "providers/elasticsearch/compatibility.hpp"
#include "providers/elasticsearch/link_view.hpp"
#include "providers/elasticsearch/remote_settings.hpp"

namespace crosstie::elasticsearch {
namespace {

using testing::read_recording;
using testing::Recorded;

const std::vector<std::string> kVersions = {"8.14.3", "8.19.21", "9.5.3"};

std::vector<Recorded> recordings(const std::string& part) {
  std::vector<Recorded> all;
  for (const std::string& version : kVersions)
    for (Recorded& one : read_recording("es" + version + "-" + part + ".txt"))
      all.push_back(std::move(one));
  return all;
}

Answer understand(const Recorded& recorded) {
  http::Request request;
  request.method = recorded.method;
  request.target = recorded.target;
  http::Response response;
  response.status = recorded.status;
  response.body = recorded.body.is_null() ? "" : recorded.body.dump();
  http::Exchange exchange;
  exchange.response = std::move(response);
  return read_answer("Elasticsearch", request, exchange);
}

TEST(Recordings, every_refusal_is_an_error_with_the_words_of_the_service) {
  int seen = 0;
  for (const char* part : {"03-invalid", "04-nulls", "05-modes", "08-partial"})
    for (const Recorded& one : recordings(part)) {
      const Answer answer = understand(one);
      if (one.status == 200) {
        EXPECT_TRUE(answer.ok()) << one.title;
        continue;
      }
      ++seen;
      ASSERT_FALSE(answer.ok()) << one.title;
      EXPECT_FALSE(answer.outcome_unknown) << one.title;
      EXPECT_FALSE(answer.reason.empty()) << one.title << " " << one.body.dump();
    }
  if (seen == 0) GTEST_SKIP() << "the recordings are not there";
  EXPECT_GT(seen, 50);
}

TEST(Recordings, stored_settings_are_read_with_their_own_types) {
  int seen = 0;
  for (const Recorded& one : recordings("01-register")) {
    if (one.method != "GET" || one.target != "/_cluster/settings?flat_settings=true") continue;
    const AliasSettings live = read_alias(one.body, "b");
    if (!live.exists()) continue;
    ++seen;
    const Value attributes = stored_attributes(live.effective());
    EXPECT_EQ(attributes.text("mode"), "proxy");
    if (const Value* skip = attributes.find("skip_unavailable")) {
      EXPECT_TRUE(skip->is_bool());
    }
    if (const Value* sockets = attributes.find("proxy_socket_connections")) {
      EXPECT_TRUE(sockets->is_integer());
    }
  }
  if (seen == 0) GTEST_SKIP() << "the recordings are not there";
}

TEST(Recordings, a_missing_index_on_the_remote_still_proves_the_link) {
  int seen = 0;
  for (const Recorded& one : recordings("02-search")) {
    if (one.target.find("_search") == std::string::npos || one.target.find("/b:") != 0) continue;
    LinkView view;
    view.alias = "b";
    read_search(view, one.status, one.body);
    if (one.title.find("missing index, skip_unavailable true") != std::string::npos) {
      ++seen;
      EXPECT_TRUE(view.search_answered) << one.body.dump();
    }
    if (one.target == "/b:idx/_search" && one.title.empty() && one.status == 200) {
      EXPECT_EQ(view.search_status, "successful");
    }
  }
  if (seen == 0) GTEST_SKIP() << "the recordings are not there";
}

TEST(Recordings, a_dead_remote_is_told_apart_from_an_answered_search_although_both_are_200) {
  int failed = 0;
  for (const Recorded& one : read_recording("es8.19.21-10-down.txt")) {
    if (one.target != "/b:idx/_search" || one.title != "skip true") continue;
    LinkView view;
    view.alias = "b";
    view.listed = true;
    view.address = "127.0.0.1:19302";
    read_search(view, one.status, one.body);
    EXPECT_EQ(one.status, 200);
    EXPECT_FALSE(view.search_answered);
    EXPECT_EQ(judge_link(view, "certificate").cause,
              "the local cluster opened no connection to the address, and does not tell whether "
              "address, port or firewall, CA, server_name or key is wrong");
    ++failed;
  }
  if (failed == 0) GTEST_SKIP() << "the recordings are not there";
}

TEST(Recordings, a_credential_in_use_is_seen_and_a_missing_one_is_the_cause) {
  const auto all = read_recording("es8.19.21-12-credentials-at-start.txt");
  if (all.empty()) GTEST_SKIP() << "the recordings are not there";
  std::vector<nlohmann::json> infos;
  for (const Recorded& one : all)
    if (one.target == "/_remote/info") infos.push_back(one.body);
  ASSERT_GE(infos.size(), 3U);
  EXPECT_TRUE(judge_link(read_link("b", {}, infos[0]), "api_key").proven);
  const Finding on_transport_port = judge_link(read_link("b", {}, infos[1]), "api_key");
  EXPECT_FALSE(on_transport_port.proven);
  const Finding certificate_model = judge_link(read_link("nocred", {}, infos[2]), "api_key");
  EXPECT_NE(certificate_model.cause.find("no credential"), std::string::npos)
      << certificate_model.cause;
  EXPECT_TRUE(judge_link(read_link("nocred", {}, infos[2]), "certificate").proven);
}

TEST(Recordings, versions_that_connected_are_connectable_and_the_others_are_not) {
  const auto all = read_recording("x-09-versions.txt");
  if (all.empty()) GTEST_SKIP() << "the recordings are not there";
  int pairs = 0;
  for (const Recorded& one : all) {
    std::istringstream words(one.title);
    std::string word, local, remote, connected;
    words >> word >> local >> word >> remote >> connected;
    if (connected.rfind("connected=", 0) != 0) continue;
    const auto a = parse_version(local);
    const auto b = parse_version(remote);
    ASSERT_TRUE(a && b) << one.title;
    EXPECT_EQ(judge_versions(*a, *b).connectable, connected == "connected=True") << one.title;
    ++pairs;
    if (connected == "connected=True") continue;
    LinkView view = read_link("b", {}, {{"b", {{"connected", false}}}});
    read_search(view, one.status, one.body);
    EXPECT_NE(judge_link(view, "certificate").cause.find("versions"), std::string::npos)
        << one.title;
  }
  EXPECT_GE(pairs, 30);
}

TEST(Recordings, a_lost_skip_unavailable_is_seen_only_in_remote_info) {
  const auto all = read_recording("x-09-skip-reset.txt");
  if (all.empty()) GTEST_SKIP() << "the recordings are not there";
  int lost = 0;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i].method != "PUT" || all[i + 1].target != "/_remote/info") continue;
    const auto& sent = all[i].sent["persistent"]["cluster"]["remote"]["b"];
    if (!sent.contains("skip_unavailable")) continue;
    if (all[i + 1].body["b"]["skip_unavailable"] != sent["skip_unavailable"]) ++lost;
  }
  EXPECT_GE(lost, 4);
}

}  // namespace
}  // namespace crosstie::elasticsearch
