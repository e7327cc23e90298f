// Watches, and the store beneath them.
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "tests/sandbox/kubernetes_harness.hpp"

namespace crosstie::sandbox {
namespace {

using nlohmann::json;

constexpr const char* kSecrets = "/api/v1/namespaces/api/secrets";

class KubernetesWatch : public KubernetesTest {
 protected:
  std::string now() const { return std::to_string(store.resource_version()); }
  static std::string types(const CollectingWriter& writer) {
    std::string found;
    for (const json& event : writer.events()) found += event.at("type").get<std::string>() + " ";
    return found;
  }
};

TEST_F(KubernetesWatch, changes_after_a_version_come_in_order) {
  const auto writer = watch(std::string(kSecrets) + "?watch=1&resourceVersion=" + now());
  post(kSecrets, secret("w"));
  merge(std::string(kSecrets) + "/w", {{"data", {{"k", "eA=="}}}});
  send("DELETE", std::string(kSecrets) + "/w");
  EXPECT_EQ(types(*writer), "ADDED MODIFIED DELETED ");
  EXPECT_EQ(writer->events()[0]["object"]["kind"], "Secret");
  EXPECT_GT(
      std::stoull(writer->events()[2]["object"]["metadata"]["resourceVersion"].get<std::string>()),
      std::stoull(writer->events()[1]["object"]["metadata"]["resourceVersion"].get<std::string>()));
}

TEST_F(KubernetesWatch, without_a_version_everything_that_exists_comes_first) {
  post(kSecrets, secret("a"));
  const auto writer = watch(std::string(kSecrets) + "?watch=true");
  post(kSecrets, secret("b"));
  EXPECT_EQ(types(*writer), "ADDED ADDED ");
}

TEST_F(KubernetesWatch, history_is_replayed_from_an_older_version) {
  const std::string from = now();
  post(kSecrets, secret("a"));
  post(kSecrets, secret("b"));
  EXPECT_EQ(types(*watch(std::string(kSecrets) + "?watch=1&resourceVersion=" + from)),
            "ADDED ADDED ");
}

TEST_F(KubernetesWatch, other_kinds_and_namespaces_are_not_seen) {
  api.add_namespace("other");
  const auto writer = watch(std::string(kSecrets) + "?watch=1&resourceVersion=" + now());
  post("/api/v1/namespaces/other/secrets", secret("a"));
  post("/api/v1/namespaces/api/configmaps",
       {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "c"}}}});
  EXPECT_EQ(types(*writer), "");
}

TEST_F(KubernetesWatch, an_object_that_leaves_a_selector_is_deleted_for_the_watcher) {
  json object = secret("a");
  object["metadata"]["labels"] = {{"app", "x"}};
  const auto writer =
      watch(std::string(kSecrets) + "?watch=1&labelSelector=app%3Dx&resourceVersion=" + now());
  post(kSecrets, object);
  merge(std::string(kSecrets) + "/a", {{"metadata", {{"labels", {{"app", "y"}}}}}});
  merge(std::string(kSecrets) + "/a", {{"metadata", {{"labels", {{"app", "x"}}}}}});
  EXPECT_EQ(types(*writer), "ADDED DELETED ADDED ");
}

TEST_F(KubernetesWatch, one_name_is_watched_by_field_selector_or_by_path) {
  const auto by_field = watch(std::string(kSecrets) +
                              "?watch=1&fieldSelector=metadata.name%3Db&resourceVersion=" + now());
  const auto by_path = watch(std::string(kSecrets) + "/b?watch=1&resourceVersion=" + now());
  post(kSecrets, secret("a"));
  post(kSecrets, secret("b"));
  EXPECT_EQ(types(*by_field), "ADDED ");
  EXPECT_EQ(types(*by_path), "ADDED ");
}

TEST_F(KubernetesWatch, a_compacted_version_is_one_error_line) {
  post(kSecrets, secret("a"));
  store.compact();
  const auto writer = watch(std::string(kSecrets) + "?watch=1&resourceVersion=5");
  ASSERT_EQ(writer->events().size(), 1u);
  EXPECT_EQ(writer->events()[0]["type"], "ERROR");
  EXPECT_EQ(writer->events()[0]["object"]["code"], 410);
  EXPECT_EQ(writer->events()[0]["object"]["reason"], "Expired");
  EXPECT_EQ(streams_ended, 1);
}

TEST_F(KubernetesWatch, the_end_brings_a_bookmark_when_something_changed) {
  const std::string from = now();
  post(kSecrets, secret("a"));
  const std::string last = now();
  const auto writer =
      watch(std::string(kSecrets) +
            "?watch=1&allowWatchBookmarks=true&timeoutSeconds=0&resourceVersion=" + from);
  EXPECT_EQ(types(*writer), "ADDED BOOKMARK ");
  EXPECT_EQ(writer->events()[1]["object"]["metadata"]["resourceVersion"], last);
  const auto quiet =
      watch(std::string(kSecrets) +
            "?watch=1&allowWatchBookmarks=true&timeoutSeconds=0&resourceVersion=" + last);
  EXPECT_EQ(quiet->text, "");
  EXPECT_EQ(streams_ended, 2);
}

TEST_F(KubernetesWatch, a_client_that_is_gone_ends_the_watch) {
  watch(std::string(kSecrets) + "?watch=1&resourceVersion=" + now(), 1);
  post(kSecrets, secret("a"));
  EXPECT_EQ(streams_ended, 1);
}

TEST_F(KubernetesWatch, the_oldest_events_are_compacted_away) {
  const std::uint64_t start = store.resource_version();
  for (int change = 0; change < 5000; ++change) {
    store.create({"", "configmaps", "api", "c"}, {{"metadata", json::object()}});
    store.erase({"", "configmaps", "api", "c"});
  }
  EXPECT_FALSE(store.events_since(start).has_value());
  EXPECT_TRUE(store.events_since(store.compacted_version()).has_value());
}

TEST_F(KubernetesWatch, an_equal_replacement_costs_no_version) {
  const ObjectKey key{"", "configmaps", "api", "c"};
  json object = store.create(key, {{"metadata", json::object()}, {"data", {{"a", "b"}}}});
  const std::uint64_t before = store.resource_version();
  store.replace(key, object);
  EXPECT_EQ(store.resource_version(), before);
  object["data"]["a"] = "c";
  store.replace(key, object);
  EXPECT_EQ(store.resource_version(), before + 1);
}

/// A WebSocket whose client messages are given, and whose server messages are kept.
class ScriptedSession : public WebSocketSession {
 public:
  explicit ScriptedSession(boost::asio::any_io_executor executor)
      : wake_(std::move(executor), std::chrono::steady_clock::time_point::max()) {}
  Task<std::optional<std::string>> read() override {
    if (!from_client.empty()) {
      std::string next = from_client.front();
      from_client.pop_front();
      co_return next;
    }
    boost::system::error_code error;
    co_await wake_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    co_return std::nullopt;
  }
  Task<bool> write(std::string message) override {
    to_client.push_back(std::move(message));
    co_return true;
  }
  std::deque<std::string> from_client;
  std::vector<std::string> to_client;

 private:
  boost::asio::steady_timer wake_;
};

class KubernetesPortForward : public KubernetesTest {
 protected:
  KubernetesPortForward() {
    store.create({"", "pods", "api", "p"},
                 {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", json::object()}});
  }

  std::shared_ptr<ScriptedSession> forward(const Answer& answer,
                                           std::deque<std::string> from_client) {
    auto session = std::make_shared<ScriptedSession>(loop.get_executor());
    session->from_client = std::move(from_client);
    Task<void> task = answer.raw.websocket(session);
    boost::asio::co_spawn(loop, std::move(task),
                          [this](const std::exception_ptr&) { ++streams_ended; });
    return session;
  }
  Headers upgrade() const {
    return {{"upgrade", "websocket"}, {"sec-websocket-protocol", "v4.channel.k8s.io"}};
  }
};

TEST_F(KubernetesPortForward, bytes_go_both_ways_on_the_data_channel) {
  using boost::asio::ip::tcp;
  tcp::acceptor acceptor(loop, {boost::asio::ip::address_v4::loopback(), 0});
  context.network.bind("api/p:9200", acceptor.local_endpoint().port());
  tcp::socket peer(loop);
  std::array<char, 4> received{};
  acceptor.async_accept(peer, [&](const boost::system::error_code& accepted) {
    ASSERT_FALSE(accepted) << accepted.message();
    boost::asio::async_read(peer, boost::asio::buffer(received),
                            [&](const boost::system::error_code& error, std::size_t) {
                              ASSERT_FALSE(error) << error.message();
                              boost::asio::write(peer, boost::asio::buffer("pong", 4));
                              peer.close();
                            });
  });
  const Answer answer =
      send("GET", "/api/v1/namespaces/api/pods/p/portforward?ports=9200", "", upgrade());
  ASSERT_EQ(answer.status, 101);
  EXPECT_EQ(answer.raw.websocket_protocol, "v4.channel.k8s.io");
  const auto session = forward(answer, {});
  session->from_client.push_back(std::string(1, '\0') + "ping");
  loop.restart();
  while (streams_ended == 0 && loop.run_one() > 0) {
  }
  EXPECT_EQ(std::string(received.data(), 4), "ping");
  ASSERT_EQ(session->to_client.size(), 3u);
  EXPECT_EQ(session->to_client[0], std::string("\x00\xf0\x23", 3));
  EXPECT_EQ(session->to_client[1], std::string("\x01\xf0\x23", 3));
  EXPECT_EQ(session->to_client[2], std::string("\0pong", 5));
}

TEST_F(KubernetesPortForward, a_port_that_nothing_listens_on_is_told_on_the_error_channel) {
  const Answer answer =
      send("GET", "/api/v1/namespaces/api/pods/p/portforward?ports=1", "", upgrade());
  const auto session = forward(answer, {});
  settle();
  EXPECT_EQ(streams_ended, 1);
  ASSERT_EQ(session->to_client.size(), 3u);
  EXPECT_EQ(session->to_client[2],
            std::string("\x01") + "error forwarding port 1 to pod: connect: connection refused");
}

TEST_F(KubernetesPortForward, requests_that_cannot_be_served_are_refused) {
  const std::string pods = "/api/v1/namespaces/api/pods/";
  EXPECT_EQ(send("GET", pods + "missing/portforward?ports=1", "", upgrade()).status, 404);
  EXPECT_EQ(send("GET", pods + "p/portforward", "", upgrade()).status, 400);
  EXPECT_EQ(send("GET", pods + "p/portforward?ports=70000", "", upgrade()).status, 400);
  EXPECT_EQ(send("GET", pods + "p/portforward?ports=1").message(), "Upgrade request required");
  EXPECT_EQ(send("GET", pods + "p/portforward?ports=1", "",
                 {{"upgrade", "websocket"}, {"sec-websocket-protocol", "x"}})
                .status,
            400);
}

}  // namespace
}  // namespace crosstie::sandbox
