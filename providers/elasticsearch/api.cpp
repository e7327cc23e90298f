#include "providers/elasticsearch/api.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "providers/ech/json_read.hpp"
#include "providers/http/client.hpp"
#include "providers/http/request.hpp"
#include "providers/provider.hpp"

namespace crosstie::elasticsearch {
namespace {

using nlohmann::json;

constexpr int kErrorDepthMax = 40;
constexpr std::size_t kErrorTextMax = 32768;

// A PUT of settings waits for the link it opens: 10 s were measured where the address was an HTTP
// port (facts, section 3).
constexpr std::chrono::seconds kWriteTimeout{60};

std::string way_out(int status, const std::string& reason) {
  const auto says = [&](std::string_view part) { return reason.find(part) != std::string::npos; };
  if (says("API key cannot be used") || says("authentication via API key not supported"))
    return "To fix it, give a user name and a password: Elasticsearch does not let an API key make "
           "or "
           "change cross-cluster keys.";
  if (says("advanced-remote-cluster-security"))
    return "To fix it, install a licence that allows cross-cluster API keys on this cluster.";
  if (status == 401)
    return "To fix it, check the credentials of this cluster: ELASTICSEARCH_API_KEY, or "
           "ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD, unless its end or the elasticsearch "
           "provider has `credentials`.";
  return {};
}

void collect(const json& value, int depth, std::string& text) {
  if (depth > kErrorDepthMax || text.size() > kErrorTextMax) return;
  if (value.is_object()) {
    for (const char* name : {"type", "reason"})
      if (auto found = value.find(name); found != value.end() && found->is_string())
        text += found->get<std::string>() + "\n";
    for (const auto& [name, member] : value.items())
      if (member.is_structured())
        collect(member, depth + 1, text);
      else if (name == "error" && member.is_string())
        text += member.get<std::string>() + "\n";
  } else if (value.is_array()) {
    for (const json& item : value) collect(item, depth + 1, text);
  }
}

}  // namespace

std::string error_text(const json& body) {
  std::string text;
  collect(body, 0, text);
  return text;
}

Answer read_answer(const std::string& service, const http::Request& request,
                   const http::Exchange& exchange) {
  Answer answer;
  const bool write = request.method != "GET";
  if (!exchange.answered()) {
    answer.outcome_unknown = write && exchange.failure.sent;
    answer.diagnostics = {http::describe_failure(service, request, exchange.failure)};
    return answer;
  }
  const http::Response& response = *exchange.response;
  answer.status = response.status;
  const json body = json_read::parse(response.body);
  const bool understood = !body.is_discarded() && body.is_structured();
  if (understood) answer.body = body;
  if (response.ok()) {
    if (understood) return answer;
    answer.outcome_unknown = write;
    answer.diagnostics = {
        http::describe_status(service, request, response, "the answer is not JSON")};
    return answer;
  }
  answer.type = json_read::text(answer.body, {"error", "type"});
  answer.reason = json_read::text(answer.body, {"error", "reason"});
  if (answer.reason.empty()) answer.reason = json_read::text(answer.body, {"error"});
  answer.outcome_unknown = write && response.status >= 500;
  const std::string words =
      answer.type.empty() ? answer.reason : answer.type + ": " + answer.reason;
  Diagnostic why = http::describe_status(service, request, response, words);
  const std::string fix = way_out(response.status, answer.reason);
  if (!fix.empty()) why.fix = fix;
  answer.diagnostics = {std::move(why)};
  return answer;
}

std::string Credentials::header() const {
  if (api_key.empty() && username.empty()) return {};
  if (!api_key.empty()) return "ApiKey " + api_key.reveal();
  return "Basic " + http::base64_encode(username + ":" + password.reveal());
}

Cluster::Cluster(http::Endpoint endpoint, http::ClientOptions options, Credentials credentials)
    : client_(std::move(endpoint), options),
      title_(options.service),
      credentials_(std::move(credentials)) {}

Task<Answer> Cluster::call(http::Request request) {
  request.headers.emplace_back("accept", "application/json");
  if (std::string header = credentials_.header(); !header.empty())
    request.headers.emplace_back("authorization", std::move(header));
  http::Request copy = request;
  http::Exchange exchange = co_await client_.send(std::move(copy));
  co_return read_answer(title_, request, exchange);
}

Task<Answer> Cluster::get(std::string target) {
  http::Request request;
  request.target = std::move(target);
  co_return co_await call(std::move(request));
}

Task<Answer> Cluster::probe(std::string target, std::chrono::milliseconds timeout) {
  http::Request request;
  request.target = std::move(target);
  request.timeout = timeout;
  request.tries_max = 1;
  co_return co_await call(std::move(request));
}

Task<Answer> Cluster::send(std::string method, std::string target, json body, http::Repeat repeat) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  if (!body.is_null()) {
    request.content_type = "application/json";
    request.body = json_read::dump(body);
  }
  request.repeat = repeat;
  request.timeout = kWriteTimeout;
  co_return co_await call(std::move(request));
}

}  // namespace crosstie::elasticsearch
