// WATCH: the store's history as lines of JSON, then what happens next.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/request_info.hpp"
#include "sandbox/kubernetes/selectors.hpp"
#include "sandbox/kubernetes/server.hpp"
#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/kubernetes/views.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kWatchDefault{1800000};  // --min-request-timeout
constexpr milliseconds kBookmarkEvery{60000};
constexpr std::uint64_t kWatchSecondsMax = 86400;

/// One watch. Outlives its request, so it owns all that it needs; the store outlives every watch.
struct Watch {
  Context& context;
  ObjectStore& store;
  KindPtr kind;
  std::string version;
  std::string namespace_name;
  std::string name;  // "" = all
  LabelSelector labels;
  FieldSelector fields;
  View view = View::whole;
  bool bookmarks = false;
  bool from_now = false;  // no resourceVersion: first everything that is there
  std::uint64_t from = 0;
  milliseconds timeout{};

  std::string line(const std::string& type, json object) const {
    object["apiVersion"] = kind->api_version(version);
    object["kind"] = kind->kind;
    return json{{"type", type}, {"object", view_object(view, *kind, std::move(object))}}.dump() +
           "\n";
  }

  bool concerns(const ObjectKey& key) const {
    if (key.group != kind->group || key.resource != kind->resource) return false;
    if (!namespace_name.empty() && kind->namespaced && key.namespace_name != namespace_name)
      return false;
    return name.empty() || key.name == name;
  }

  /// A change seen through the selectors; "" when it is not seen.
  std::string seen_as(const WatchEvent& event) const {
    if (!fields.matches(event.object)) return "";
    const bool now = labels.matches(event.object.at("metadata").value("labels", json::object()));
    if (event.type == "ADDED") return now ? "ADDED" : "";
    const bool before = labels.matches(event.previous_labels);
    if (event.type == "DELETED") return before ? "DELETED" : "";
    if (before) return now ? "MODIFIED" : "DELETED";
    return now ? "ADDED" : "";
  }

  std::string initial_lines() const {
    std::string lines;
    for (const json* object :
         store.list(kind->group, kind->resource, kind->namespaced ? namespace_name : "")) {
      const json& metadata = object->at("metadata");
      const bool wanted = name.empty() || metadata.value("name", "") == name;
      if (wanted && labels.matches(metadata.value("labels", json::object())) &&
          fields.matches(*object))
        lines += line("ADDED", *object);
    }
    return lines;
  }

  std::string bookmark() const {
    json object = {
        {"kind", kind->kind},
        {"apiVersion", kind->api_version(version)},
        {"metadata", {{"resourceVersion", std::to_string(from)}, {"creationTimestamp", nullptr}}}};
    return json{{"type", "BOOKMARK"}, {"object", std::move(object)}}.dump() + "\n";
  }

  std::string too_old() const {
    const StatusError error = expired("too old resource version: " + std::to_string(from) + " (" +
                                      std::to_string(store.compacted_version() + 1) + ")");
    return json{{"type", "ERROR"}, {"object", error.status}}.dump() + "\n";
  }
};

Task<void> run(std::shared_ptr<Watch> watch, std::shared_ptr<BodyWriter> writer) {
  const auto end = std::chrono::steady_clock::now() + watch->timeout;
  auto next_bookmark = std::chrono::steady_clock::now() + kBookmarkEvery;
  std::uint64_t bookmarked = watch->from;
  if (watch->from_now) {
    watch->from = watch->store.resource_version();
    std::string lines = watch->initial_lines();
    if (!lines.empty()) {
      const bool more = co_await writer->write(std::move(lines));
      if (!more) co_return;
    }
  }
  while (true) {
    std::string lines;
    const auto events = watch->store.events_since(watch->from);
    if (!events) {
      std::string error = watch->too_old();
      co_await writer->write(std::move(error));
      co_return;
    }
    for (const WatchEvent& event : *events) {
      watch->from = event.resource_version;
      if (!watch->concerns(event.key)) continue;
      const std::string type = watch->seen_as(event);
      if (!type.empty()) lines += watch->line(type, event.object);
    }
    const auto now = std::chrono::steady_clock::now();
    const bool over = now >= end;
    if (watch->bookmarks && (now >= next_bookmark || over) && watch->from > bookmarked) {
      lines += watch->bookmark();
      bookmarked = watch->from;
      next_bookmark = now + kBookmarkEvery;
    }
    if (!lines.empty()) {
      const bool more = co_await writer->write(std::move(lines));
      if (!more) co_return;
    }
    if (over) co_return;
    const auto until = std::min(end, next_bookmark > now ? next_bookmark : now + kBookmarkEvery);
    const auto wait = std::chrono::duration_cast<milliseconds>(until - now) + milliseconds(1);
    co_await watch->store.wait_newer(watch->from, wait);
  }
}

std::uint64_t version_of(const std::string& text) {
  if (text.empty()) return 0;
  if (text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
    throw bad_request("Invalid value for query parameter resourceVersion: \"" + text + "\"");
  return std::stoull(text);
}

milliseconds timeout_of(const Request& request) {
  const std::string text = request.query_value("timeoutSeconds").value_or("");
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    return kWatchDefault;
  return milliseconds(std::min<std::uint64_t>(std::stoull(text), kWatchSecondsMax) * 1000);
}

}  // namespace

Response watch_objects(Call& call) {
  const Request& request = call.request;
  if (request.query_value("sendInitialEvents")) {
    const std::string why =
        "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
    throw invalid({"meta.k8s.io", "ListOptions", ""}, {Cause::forbidden("sendInitialEvents", why)});
  }
  const std::string version = request.query_value("resourceVersion").value_or("");
  auto watch = std::make_shared<Watch>(
      Watch{call.server.context, call.server.store, call.kind, call.info.version,
            call.info.namespace_name, call.info.name,
            LabelSelector(request.query_value("labelSelector").value_or("")),
            FieldSelector(request.query_value("fieldSelector").value_or(""), *call.kind)});
  if (call.kind->kind == "Namespace") watch->namespace_name.clear();
  watch->view = wanted_view(request);
  watch->bookmarks = query_flag(request, "allowWatchBookmarks");
  watch->from = version_of(version);
  watch->from_now = watch->from == 0;
  watch->timeout = timeout_of(request);
  Response response;
  response.headers = {{"Content-Type", "application/json"}};
  response.stream = [watch](std::shared_ptr<BodyWriter> writer) {
    return run(watch, std::move(writer));
  };
  return response;
}

}  // namespace crosstie::sandbox::kubernetes
