// GET of one object and LIST.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/object_rules.hpp"
#include "sandbox/kubernetes/selectors.hpp"
#include "sandbox/kubernetes/server.hpp"
#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/views.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

/// How long the real server waits for a resourceVersion from the future.
constexpr std::chrono::milliseconds kFutureVersionWait{3000};

/// Where a paged LIST goes on (k8s.io/apiserver/pkg/storage/continue.go).
struct ContinueToken {
  std::int64_t version = 0;  // -1: whatever is there now
  std::string start;         // first key, "name\0" or "namespace/name\0"
};

std::string base64_url(const std::string& bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::string write_token(const ContinueToken& token) {
  return base64_url(
      json{{"v", "meta.k8s.io/v1"}, {"rv", token.version}, {"start", token.start}}.dump());
}

int digit_of(char letter) {
  if (letter >= 'A' && letter <= 'Z') return letter - 'A';
  if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
  if (letter >= '0' && letter <= '9') return letter - '0' + 52;
  return letter == '-' ? 62 : letter == '_' ? 63 : -1;
}

ContinueToken read_token(const std::string& text) {
  const std::string prefix = "invalid continue token: continue key is not valid: ";
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int digit = digit_of(text[at]);
    if (digit < 0)
      throw bad_request(prefix + "illegal base64 data at input byte " + std::to_string(at));
    group = group << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xff);
  }
  if (text.size() % 4 == 1)
    throw bad_request(prefix + "illegal base64 data at input byte " +
                      std::to_string(text.size() - 1));
  const json token = json::parse(bytes, nullptr, false);
  if (!token.is_object() || !token.contains("start") || !token["start"].is_string())
    throw bad_request(prefix + "unexpected end of JSON input");
  if (token.value("v", "") != "meta.k8s.io/v1")
    throw bad_request(
        "invalid continue token: continue key is not valid: server does not recognize this encoded "
        "version");
  std::string start = token["start"];
  if (start.starts_with('/')) start.erase(0, 1);
  return {token.value("rv", std::int64_t{0}), start};
}

std::uint64_t number_of(const std::string& text, const std::string& parameter) {
  if (text.empty()) return 0;
  if (text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos) {
    throw bad_request("Invalid value for query parameter " + parameter + ": \"" + text + "\"");
  }
  return std::stoull(text);
}

/// Throws when the asked-for resourceVersion cannot be served.
void check_version(const Call& call) {
  const std::string text = call.request.query_value("resourceVersion").value_or("");
  const std::string match = call.request.query_value("resourceVersionMatch").value_or("");
  const std::uint64_t asked = number_of(text, "resourceVersion");
  const std::uint64_t current = call.server.store.resource_version();
  if (asked > current) {
    const json details = {
        {"causes",
         {{{"reason", "ResourceVersionTooLarge"}, {"message", "Too large resource version"}}}},
        {"retryAfterSeconds", 1}};
    StatusError error(
        504, "Timeout",
        "Timeout: Too large resource version: " + text + ", current: " + std::to_string(current),
        details);
    error.headers = {{"Retry-After", "1"}};
    error.delay = kFutureVersionWait;
    throw error;
  }
  // The store holds only what is there now, so any other exact version counts as compacted.
  if (match == "Exact" && asked != current)
    throw expired("The resourceVersion for the provided list is too old.");
}

ContinueToken start_of(const Call& call) {
  const std::string text = call.request.query_value("continue").value_or("");
  if (text.empty()) return {};
  ContinueToken token = read_token(text);
  const bool compacted = token.version >= 0 && static_cast<std::uint64_t>(token.version) <
                                                   call.server.store.compacted_version();
  if (!compacted) return token;
  token.version = -1;
  StatusError error = expired(
      "The provided continue parameter is too old to display a consistent list result. You can "
      "start a new list without the continue "
      "parameter, or use the continue token in this response to retrieve the remainder of the "
      "results. Continuing with the provided "
      "token results in an inconsistent list - objects that were created, modified, or deleted "
      "between the time the first chunk was "
      "returned and now may show up in the list.");
  error.status["metadata"]["continue"] = write_token(token);
  throw error;
}

std::string key_text(const Call& call, const json& object) {
  const json& metadata = object.at("metadata");
  const bool with_namespace = call.kind->namespaced && call.info.namespace_name.empty();
  return with_namespace ? metadata.value("namespace", "") + "/" + metadata.value("name", "")
                        : metadata.value("name", "");
}

}  // namespace

Response read_one(Call& call) {
  const json object = call.shown(call.existing());
  return respond(call.request, 200, view_object(wanted_view(call.request), *call.kind, object));
}

Response list_objects(Call& call) {
  const LabelSelector labels(call.request.query_value("labelSelector").value_or(""));
  const FieldSelector fields(call.request.query_value("fieldSelector").value_or(""), *call.kind);
  const std::uint64_t limit = number_of(call.request.query_value("limit").value_or(""), "limit");
  const ContinueToken token = start_of(call);
  if (token.start.empty()) check_version(call);
  const ObjectStore& store = call.server.store;
  json items = json::array();
  json metadata = {{"resourceVersion", std::to_string(store.resource_version())}};
  std::size_t remaining = 0;
  std::string last;
  for (const json* object : store.list(call.kind->group, call.kind->resource,
                                       call.kind->namespaced ? call.info.namespace_name : "")) {
    const std::string at = key_text(call, *object);
    if (!token.start.empty() && at < token.start) continue;
    if (!labels.matches(object->at("metadata").value("labels", json::object())) ||
        !fields.matches(*object))
      continue;
    if (limit != 0 && items.size() == limit) {
      ++remaining;
      continue;
    }
    items.push_back(call.shown(*object));
    last = at;
  }
  if (remaining > 0) {
    metadata["continue"] = write_token(
        {static_cast<std::int64_t>(store.resource_version()), last + std::string(1, '\0')});
    if (labels.empty() && fields.empty()) metadata["remainingItemCount"] = remaining;
  }
  const std::string version = call.kind->api_version(call.info.version);
  return respond(call.request, 200,
                 view_list(wanted_view(call.request), *call.kind, version, std::move(metadata),
                           std::move(items)));
}

}  // namespace crosstie::sandbox::kubernetes
