#include "sandbox/kubernetes/status.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

/// "secrets", "elasticsearches.elasticsearch.k8s.elastic.co".
std::string qualified(const Subject& subject) {
  return subject.group.empty() ? subject.resource : subject.resource + "." + subject.group;
}

json details_of(const Subject& subject) {
  json details = json::object();
  if (!subject.name.empty()) details["name"] = subject.name;
  if (!subject.group.empty()) details["group"] = subject.group;
  if (!subject.resource.empty()) details["kind"] = subject.resource;
  return details;
}

std::string named(const Subject& subject) {
  return qualified(subject) + " \"" + subject.name + "\"";
}

std::string with_detail(const std::string& what, const std::string& detail) {
  return detail.empty() ? what : what + ": " + detail;
}

}  // namespace

Cause Cause::required(std::string field, const std::string& detail) {
  return {"FieldValueRequired", with_detail("Required value", detail), std::move(field)};
}

Cause Cause::invalid(std::string field, const std::string& value, const std::string& detail) {
  return {"FieldValueInvalid", "Invalid value: " + value + ": " + detail, std::move(field)};
}

Cause Cause::not_supported(std::string field, const std::string& value,
                           const std::vector<std::string>& supported) {
  std::string list;
  for (const std::string& one : supported) list += (list.empty() ? "" : ", ") + json(one).dump();
  return {"FieldValueNotSupported", "Unsupported value: " + value + ": supported values: " + list,
          std::move(field)};
}

Cause Cause::forbidden(std::string field, const std::string& detail) {
  return {"FieldValueForbidden", "Forbidden: " + detail, std::move(field)};
}

Cause Cause::too_long(std::string field, std::size_t bytes_max) {
  return {"FieldValueTooLong",
          "Too long: may not be more than " + std::to_string(bytes_max) + " bytes",
          std::move(field)};
}

Cause Cause::duplicate(std::string field, const std::string& value) {
  return {"FieldValueDuplicate", "Duplicate value: " + value, std::move(field)};
}

Cause Cause::wrong_type(std::string field, const std::string& wanted, const std::string& found) {
  const std::string quoted = "\"" + found + "\"";
  std::string message = "Invalid value: " + quoted + ": " + field + " in body must be of type " +
                        wanted + ": " + quoted;
  return {"FieldValueTypeInvalid", std::move(message), std::move(field)};
}

StatusError::StatusError(int code_, const std::string& reason, const std::string& message,
                         json details)
    : code(code_) {
  status = {{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", json::object()},
            {"status", "Failure"}, {"message", message}, {"code", code_}};
  if (!reason.empty()) status["reason"] = reason;
  if (!details.is_null()) status["details"] = std::move(details);
}

json success_status(const Subject& subject, const std::string& uid) {
  json details = details_of(subject);
  details["uid"] = uid;
  return {{"kind", "Status"},
          {"apiVersion", "v1"},
          {"metadata", json::object()},
          {"status", "Success"},
          {"details", details}};
}

StatusError bad_request(const std::string& message) { return {400, "BadRequest", message}; }

StatusError not_found(const Subject& subject) {
  return {404, "NotFound", named(subject) + " not found", details_of(subject)};
}

StatusError already_exists(const Subject& subject, bool deleting) {
  const std::string prefix = deleting ? "object is being deleted: " : "";
  return {409, "AlreadyExists", prefix + named(subject) + " already exists", details_of(subject)};
}

StatusError conflict(const Subject& subject, const std::string& why) {
  return {409, "Conflict", "Operation cannot be fulfilled on " + named(subject) + ": " + why,
          details_of(subject)};
}

StatusError modified_conflict(const Subject& subject) {
  return conflict(subject,
                  "the object has been modified; please apply your changes to the latest version "
                  "and try again");
}

StatusError forbidden(const Subject& subject, const std::string& why, json causes) {
  json details = details_of(subject);
  if (!causes.is_null()) details["causes"] = std::move(causes);
  std::string what =
      subject.resource.empty()
          ? "forbidden"
          : (subject.name.empty() ? qualified(subject) : named(subject)) + " is forbidden";
  return {403, "Forbidden", what + ": " + why, std::move(details)};
}

StatusError method_not_allowed() {
  return {405, "MethodNotAllowed",
          "the server does not allow this method on the requested resource", json::object()};
}

StatusError unsupported_media_type(const std::string& accepted) {
  return {415, "UnsupportedMediaType",
          "the body of the request was in an unknown format - accepted media types include: " +
              accepted};
}

StatusError invalid(const Subject& subject, const std::vector<Cause>& causes) {
  json list = json::array();
  std::vector<std::string> texts;  // the message names a repeated cause once
  for (const Cause& cause : causes) {
    list.push_back({{"reason", cause.reason}, {"message", cause.message}, {"field", cause.field}});
    std::string text = cause.field + ": " + cause.message;
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
  }
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  if (texts.size() > 1) all = "[" + all + "]";
  json details = details_of(subject);
  details["causes"] = std::move(list);
  return {422, "Invalid", named(subject) + " is invalid: " + all, std::move(details)};
}

StatusError unprocessable_patch() {
  return {422, "Invalid", "the server rejected our request due to an error in our request",
          json::object()};
}

StatusError expired(const std::string& message) { return {410, "Expired", message}; }

}  // namespace crosstie::sandbox::kubernetes
