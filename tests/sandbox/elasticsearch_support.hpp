#pragma once
// A sandbox thread for tests: runs handlers to their answer, with real listeners on loopback beside
// them.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "sandbox/context.hpp"
#include "sandbox/elasticsearch/cluster.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox {

using Json = nlohmann::json;

constexpr std::chrono::seconds kAnswerDeadline{30};

class TestWorld {
 public:
  explicit TestWorld(std::uint64_t seed = 1, double scale = 0)
      : context{io.get_executor(), Clock(scale), Ids(seed), {}} {}

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
      failure = error;
      result = std::move(value);
    });
    while (!result) {
      io.restart();
      if (io.run_one_for(kAnswerDeadline) == 0)
        throw std::runtime_error("no answer before the deadline");
    }
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }

  /// Lets everything run that is ready now, such as links being reopened.
  template <class Done>
  void run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + kAnswerDeadline;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("not reached before the deadline");
      io.restart();
      io.run_one_for(std::chrono::milliseconds(50));
    }
  }

  Response send(const Handler& handler, const std::string& method, const std::string& target,
                const std::string& body = "", std::map<std::string, std::string> headers = {}) {
    Request request;
    request.method = method;
    request.raw_target = target;
    if (!parse_target(target, request)) throw std::runtime_error("bad target " + target);
    request.body = body;
    if (!body.empty() && headers.count("content-type") == 0)
      headers["content-type"] = "application/json";
    request.headers = std::move(headers);
    return run(handler(std::move(request)));
  }

  boost::asio::io_context io;
  Context context;
};

inline Json body_of(const Response& response) { return Json::parse(response.body, nullptr, false); }

inline std::string header_of(const Response& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

inline std::string error_type(const Response& response) {
  return body_of(response).at("error").at("type");
}
inline std::string error_reason(const Response& response) {
  return body_of(response).at("error").at("reason");
}

/// A cluster of its own with an administrator's way to it.
class TestCluster {
 public:
  TestCluster(TestWorld& shared_world, const std::string& name, const std::string& version,
              int nodes = 1)
      : world(shared_world) {
    ClusterOptions options;
    options.name = name;
    options.version = version;
    options.cluster_uuid = name + "-uuid";
    for (int k = 0; k < nodes; ++k) options.nodes.push_back(name + "-" + std::to_string(k));
    options.elastic_password = "pw";
    cluster = ElasticsearchCluster::make(world.context, std::move(options));
    handler = cluster->handler();
  }

  Response call(const std::string& method, const std::string& target, const std::string& body = "",
                std::map<std::string, std::string> headers = {}) {
    if (headers.count("authorization") == 0)
      headers["authorization"] = "Basic ZWxhc3RpYzpwdw==";  // elastic:pw
    return world.send(handler, method, target, body, std::move(headers));
  }
  Json get(const std::string& target) { return body_of(call("GET", target)); }
  Json put(const std::string& target, const Json& body) {
    return body_of(call("PUT", target, body.dump()));
  }
  Json post(const std::string& target, const Json& body) {
    return body_of(call("POST", target, body.dump()));
  }

  /// Creates a cross-cluster key for search and gives its encoded form.
  std::string mint(const Json& names) {
    const Json body{{"name", "link"}, {"access", {{"search", Json::array({{{"names", names}}})}}}};
    return post("/_security/cross_cluster/api_key", body).at("encoded");
  }

  TestWorld& world;
  std::unique_ptr<ElasticsearchCluster> cluster;
  Handler handler;
};

}  // namespace crosstie::sandbox
