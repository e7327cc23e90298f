#pragma once
// A Kubernetes API server with its store on a loop of its own; requests go to the handler directly.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "sandbox/kubernetes/api_server.hpp"

namespace crosstie::sandbox {

inline constexpr const char* kAdminToken = "admin-token";
inline constexpr const char* kReaderToken = "reader-token";
inline constexpr const char* kRestrictedToken = "restricted-token";
inline constexpr const char* kEs =
    "/apis/elasticsearch.k8s.elastic.co/v1/namespaces/api/elasticsearches";

/// Collects what a stream writes; tells the stream that the client is gone after `pieces_max`.
class CollectingWriter : public BodyWriter {
 public:
  explicit CollectingWriter(std::size_t pieces_max) : pieces_max_(pieces_max) {}
  Task<bool> write(std::string piece) override {
    text += piece;
    co_return ++pieces_ < pieces_max_;
  }
  std::vector<nlohmann::json> events() const {
    std::vector<nlohmann::json> found;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = text.find('\n', from);
      found.push_back(nlohmann::json::parse(text.substr(from, end - from)));
      from = end + 1;
    }
    return found;
  }
  std::string text;

 private:
  std::size_t pieces_max_;
  std::size_t pieces_ = 0;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names as sent
  std::string text;
  nlohmann::json body;  // null when no JSON
  Response raw;

  std::string reason() const { return body.is_object() ? body.value("reason", "") : ""; }
  std::string message() const { return body.is_object() ? body.value("message", "") : text; }
};

class KubernetesTest : public ::testing::Test {
 protected:
  using Headers = std::map<std::string, std::string>;

  KubernetesTest() : KubernetesTest(options()) {}
  explicit KubernetesTest(KubernetesApi::Options options)
      : context{loop.get_executor(), Clock(0), Ids(7), Network{}},
        store(context),
        api(context, store, std::move(options)),
        handler(api.handler()) {
    api.add_namespace("api");
    loop.poll();
  }

  static KubernetesApi::Options options() {
    KubernetesApi::Options made;
    made.admin_token = kAdminToken;
    made.reader_token = kReaderToken;
    made.user_tokens = {{kRestrictedToken, "restricted"}};
    return made;
  }

  Answer send(const std::string& method, const std::string& target, const std::string& body = "",
              Headers headers = {}) {
    Request request;
    request.method = method;
    request.raw_target = target;
    EXPECT_TRUE(parse_target(target, request)) << target;
    headers.try_emplace("authorization", std::string("Bearer ") + kAdminToken);
    if (headers["authorization"].empty()) headers.erase("authorization");
    if (!body.empty()) headers.try_emplace("content-type", "application/json");
    headers.try_emplace("user-agent", "tester/1.0");
    request.client_subject = client_subject;
    request.headers = std::move(headers);
    request.body = body;
    Answer answer;
    Task<Response> task = handler(std::move(request));
    boost::asio::co_spawn(loop, std::move(task),
                          [&](const std::exception_ptr& error, Response response) {
                            if (error) std::rethrow_exception(error);
                            answer.raw = std::move(response);
                          });
    settle();
    answer.status = answer.raw.status;
    answer.text = answer.raw.body;
    for (const auto& [name, value] : answer.raw.headers) answer.headers[name] = value;
    answer.body = nlohmann::json::parse(answer.text, nullptr, false);
    if (answer.body.is_discarded()) answer.body = nullptr;
    return answer;
  }

  Answer get(const std::string& target, Headers headers = {}) {
    return send("GET", target, "", std::move(headers));
  }
  Answer post(const std::string& target, const nlohmann::json& body) {
    return send("POST", target, body.dump());
  }
  Answer apply(const std::string& target, const nlohmann::json& body,
               const std::string& manager = "crosstie", const std::string& query = "") {
    return send("PATCH", target + "?fieldManager=" + manager + query, body.dump(),
                {{"content-type", "application/apply-patch+yaml"}});
  }
  Answer merge(const std::string& target, const nlohmann::json& body) {
    return send("PATCH", target, body.dump(), {{"content-type", "application/merge-patch+json"}});
  }

  /// Runs what is ready; timers of watches are not waited for.
  void settle() {
    loop.restart();
    loop.poll();
  }

  /// Starts a watch whose client goes away after `pieces_max` pieces.
  std::shared_ptr<CollectingWriter> watch(const std::string& target, std::size_t pieces_max = 100) {
    const Answer answer = get(target);
    EXPECT_EQ(answer.status, 200) << answer.text;
    auto writer = std::make_shared<CollectingWriter>(pieces_max);
    if (!answer.raw.stream) {
      ADD_FAILURE() << "no stream: " << target;
      return writer;
    }
    Task<void> task = answer.raw.stream(writer);
    boost::asio::co_spawn(loop, std::move(task),
                          [this](const std::exception_ptr&) { ++streams_ended; });
    settle();
    return writer;
  }

  static nlohmann::json secret(const std::string& name, nlohmann::json data = {{"k", "dg=="}}) {
    return {{"apiVersion", "v1"},
            {"kind", "Secret"},
            {"metadata", {{"name", name}}},
            {"data", std::move(data)}};
  }
  static nlohmann::json elasticsearch(const std::string& name) {
    return {{"apiVersion", "elasticsearch.k8s.elastic.co/v1"},
            {"kind", "Elasticsearch"},
            {"metadata", {{"name", name}}},
            {"spec",
             {{"version", "9.3.1"},
              {"nodeSets", nlohmann::json::array({{{"name", "a"}, {"count", 3}}})}}}};
  }

  boost::asio::io_context loop;
  Context context;
  ObjectStore store;
  KubernetesApi api;
  Handler handler;
  std::string client_subject;
  int streams_ended = 0;
};

}  // namespace crosstie::sandbox
