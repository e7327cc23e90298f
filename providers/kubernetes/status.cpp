#include "providers/kubernetes/status.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "providers/http/request.hpp"

namespace crosstie::kubernetes {
namespace {

/// Causes by name, so that one line of the message is one fault of the manifest.
std::string message_of(const Value& status) {
  std::string message = status.text("message");
  const Value* causes = status.at({"details", "causes"});
  if (causes == nullptr || !causes->is_list()) return message;
  for (const Value& cause : causes->as_list()) {
    const std::string text = cause.text("message");
    if (text.empty() || message.find(text) != std::string::npos) continue;
    const std::string field = cause.text("field");
    message += "; " + (field.empty() ? std::string{} : field + ": ") + text;
  }
  return message;
}

std::vector<FieldConflict> conflicts_of(const Value& status) {
  std::vector<FieldConflict> conflicts;
  const Value* causes = status.at({"details", "causes"});
  if (causes == nullptr || !causes->is_list()) return conflicts;
  for (const Value& cause : causes->as_list()) {
    if (cause.text("reason") == "FieldManagerConflict")
      conflicts.push_back({cause.text("field"), manager_in(cause.text("message"))});
  }
  return conflicts;
}

/// An apply whose manifest does not fit the kind's schema is answered with 500, although the fault
/// is the manifest's and nothing was done (kube-apiserver 1.34.4; apimachinery
/// pkg/util/managedfields/internal/structuredmerge.go).
bool misfits_schema(const Reply& reply, const Value& status) {
  return reply.status == 500 &&
         status.text("message").starts_with("failed to create typed patch object");
}

void explain(Diagnostic& diagnostic, const Reply& reply, const Value& status) {
  if (misfits_schema(reply, status)) {
    diagnostic.summary = "the API server refuses the object";
    diagnostic.fix = "To fix it, correct the manifest.";
  } else if (!reply.conflicts.empty()) {
    diagnostic.summary = "fields are owned by another manager";
    diagnostic.detail += " Owned by others:";
    for (const FieldConflict& conflict : reply.conflicts)
      diagnostic.detail += " " + conflict.field + " (" + conflict.manager + ")";
    diagnostic.detail += ".";
    diagnostic.fix =
        "To fix it, leave these fields out, have the other tool let go of them, or set `adopt: "
        "take_over`.";
  } else if (reply.not_served()) {
    diagnostic.summary = "the kind is not served by this cluster";
    diagnostic.fix =
        "To fix it, install what defines the kind (its CustomResourceDefinition), or correct "
        "apiVersion and kind.";
  } else if (!reply.missing_namespace.empty()) {
    diagnostic.summary = "the namespace does not exist";
    diagnostic.fix = "To fix it, create namespace `" + reply.missing_namespace +
                     "` first, for instance as a resource that this one depends on.";
  } else if (reply.reason == "NotFound") {
    diagnostic.summary = "the object does not exist";
    diagnostic.fix = {};
  } else if (reply.reason == "Invalid" || reply.reason == "BadRequest") {
    diagnostic.summary = "the API server refuses the object";
    diagnostic.fix = "To fix it, correct the manifest.";
  } else if (reply.reason == "Conflict") {
    diagnostic.summary = "the object changed meanwhile";
    diagnostic.fix = "To fix it, plan again.";
  } else if (reply.status == 403) {
    const Value* causes = status.at({"details", "causes"});
    if (causes != nullptr && causes->is_list()) {
      for (const Value& cause : causes->as_list()) {
        if (cause.text("reason") != "NamespaceTerminating") continue;
        diagnostic.summary = "the namespace is being deleted";
        diagnostic.fix = "To fix it, wait until it is gone, or use another namespace.";
      }
    }
  }
}

}  // namespace

std::string manager_in(const std::string& message) {
  const std::size_t begin = message.find('"');
  if (begin == std::string::npos) return message;
  const std::size_t end = message.find('"', begin + 1);
  return message.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
}

Reply understand(const std::string& service, const http::Request& request,
                 http::Exchange exchange) {
  Reply reply;
  if (!exchange.answered()) {
    reply.outcome_unknown = exchange.failure.sent && request.method != "GET";
    reply.diagnostics.push_back(http::describe_failure(service, request, exchange.failure));
    return reply;
  }
  http::Response& response = *exchange.response;
  reply.status = response.status;
  const nlohmann::json json = nlohmann::json::parse(response.body, nullptr, false);
  if (json.is_object()) reply.body = from_json(json);
  if (response.ok()) {
    if (!json.is_object()) {
      reply.outcome_unknown = request.method != "GET";
      reply.diagnostics.push_back(
          http::describe_status(service, request, response,
                                "the answer is no JSON object; is this a Kubernetes API server?"));
    }
    return reply;
  }
  Value status;
  if (reply.body.text("kind") == "Status") status = reply.body;
  reply.reason = status.text("reason");
  reply.conflicts = conflicts_of(status);
  const Value* details = status.find("details");
  if (reply.status == 404 && details != nullptr && details->text("kind") == "namespaces" &&
      request.target.find("/namespaces/" + details->text("name") + "/") != std::string::npos) {
    reply.missing_namespace = details->text("name");
  }
  // A 500 or a proxy's 502 to a write says nothing about what was done.
  reply.outcome_unknown =
      response.status >= 500 && request.method != "GET" && !misfits_schema(reply, status);
  Diagnostic diagnostic = http::describe_status(service, request, response, message_of(status));
  explain(diagnostic, reply, status);
  reply.diagnostics.push_back(std::move(diagnostic));
  return reply;
}

}  // namespace crosstie::kubernetes
