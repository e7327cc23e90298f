#include "sandbox/kubernetes/body.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "sandbox/http.hpp"
#include "sandbox/kubernetes/definitions.hpp"
#include "sandbox/kubernetes/protobuf.hpp"
#include "sandbox/kubernetes/request_info.hpp"
#include "sandbox/kubernetes/server.hpp"
#include "sandbox/kubernetes/status.hpp"
#include "sandbox/kubernetes/structural.hpp"
#include "sandbox/kubernetes/yaml_body.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

namespace {

constexpr std::size_t kManagerBytesMax = 128;
/// Well below Go's 10,000, because objects are walked recursively here.
constexpr std::size_t kBodyDepthMax = 500;

/// Go's words for what is wrong with a JSON text.
std::string json_problem(const std::string& text, const json::parse_error& error) {
  if (error.byte > text.size() || error.byte == 0) return "unexpected end of JSON input";
  return "invalid character '" + text.substr(error.byte - 1, 1) +
         "' looking for beginning of value";
}

/// Nesting of braces and brackets outside of strings.
bool too_deep(const std::string& text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char sign = text[at];
    if (quoted && sign == '\\') {
      ++at;
    } else if (sign == '"') {
      quoted = !quoted;
    } else if (!quoted && (sign == '{' || sign == '[')) {
      if (++depth > kBodyDepthMax) return true;
    } else if (!quoted && (sign == '}' || sign == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

void check_size(const Request& request) {
  if (request.body.size() > kRequestBytesMax) {
    throw StatusError(413, "RequestEntityTooLarge",
                      "Request entity too large: limit is " + std::to_string(kRequestBytesMax));
  }
  const bool text = content_type(request) != kProtobuf;
  if (text && too_deep(request.body)) throw bad_request("json: exceeded max depth");
}

const char* go_type(const json& value) {
  if (value.is_number()) return "number";
  if (value.is_boolean()) return "bool";
  return value.type_name();
}

const json& schema_of(const Call& call) {
  static const json kNone;
  if (!call.kind->custom) return built_in_schema(call.kind->kind);
  const json* schema = call.kind->schema(call.info.version);
  return schema ? *schema : kNone;
}

std::vector<std::string> unknown_fields(const Call& call, json& object) {
  std::vector<std::string> unknown;
  const json& schema = schema_of(call);
  if (!schema.is_null()) unknown = prune_unknown(object, schema);
  if (object.contains("metadata")) {
    for (const std::string& field : prune_unknown(object["metadata"], metadata_schema())) {
      const std::string path = "metadata." + field;
      if (std::find(unknown.begin(), unknown.end(), path) == unknown.end()) unknown.push_back(path);
    }
  }
  return unknown;
}

std::string handled_as(const Call& call) {
  return call.kind->kind + " in version \"" + call.info.version + "\" cannot be handled as a " +
         call.kind->kind + ": ";
}

/// Built-in kinds are decoded into Go structs, so a wrong type is a 400 before any validation;
/// metadata of all kinds is.
void check_types(const Call& call, const json& object) {
  json schema = call.kind->custom ? json::object() : schema_of(call);
  if (schema.is_null()) schema = json::object();
  schema["properties"]["metadata"] = metadata_schema();
  for (const Cause& cause : validate_structure(object, schema)) {
    if (cause.reason != "FieldValueTypeInvalid") continue;
    const json* value = &object;
    for (const std::string& part : path_segments([&] {
           std::string path = cause.field;
           std::replace(path.begin(), path.end(), '.', '/');
           return path;
         }())) {
      if (!value->is_object() || !value->contains(part)) break;
      value = &value->at(part);
    }
    throw bad_request(handled_as(call) + "json: cannot unmarshal " + go_type(*value) +
                      " into Go struct field " + call.kind->kind + "." + cause.field +
                      " of another type");
  }
}

void check_identity(const Call& call, const json& object) {
  const std::string expected = call.kind->api_version(call.info.version);
  const std::string version = object.value("apiVersion", expected);
  const std::string kind = object.value("kind", call.kind->kind);
  if (call.kind->custom && !object.contains("kind"))
    throw bad_request("Object 'Kind' is missing in '" + object.dump() + "'");
  if (version == expected && kind == call.kind->kind) return;
  if (kind != call.kind->kind) {
    throw bad_request(kind + " in version \"" + call.info.version + "\" cannot be handled as a " +
                      call.kind->kind + ": converting (" + version + "." + kind + ") to (" +
                      expected + "." + call.kind->kind + "): unknown conversion");
  }
  throw bad_request("the API version in the data (" + version +
                    ") does not match the expected API version (" + expected + ")");
}

}  // namespace

std::string content_type(const Request& request) {
  std::string type = request.header("content-type");
  type = type.substr(0, type.find(';'));
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  while (type.ends_with(' ')) type.pop_back();
  return type;
}

WriteOptions read_write_options(const Request& request, const std::string& kind, bool apply) {
  WriteOptions options;
  std::vector<Cause> causes;
  const std::string manager = request.query_value("fieldManager").value_or("");
  if (apply && manager.empty())
    causes.push_back(Cause::required("fieldManager", "is required for apply patch"));
  if (manager.size() > kManagerBytesMax)
    causes.push_back(Cause::too_long("fieldManager", kManagerBytesMax));
  if (const auto dry_run = request.query_value("dryRun"); dry_run && !dry_run->empty()) {
    options.dry_run = *dry_run == "All";
    if (!options.dry_run)
      causes.push_back(
          Cause::not_supported("dryRun", "[]string{" + json(*dry_run).dump() + "}", {"All"}));
  }
  options.force = query_flag(request, "force");
  if (options.force && !apply)
    causes.push_back(Cause::forbidden("force", "may not be specified for non-apply patch"));
  const std::string validation = request.query_value("fieldValidation").value_or("");
  if (validation == "Ignore") options.validation = WriteOptions::Validation::ignore;
  if (validation == "Strict") options.validation = WriteOptions::Validation::strict;
  if (!validation.empty() && validation != "Ignore" && validation != "Strict" &&
      validation != "Warn") {
    causes.push_back(Cause::not_supported("fieldValidation", json(validation).dump(),
                                          {"", "Ignore", "Strict", "Warn"}));
  }
  if (!causes.empty()) throw invalid({"meta.k8s.io", kind, ""}, causes);
  const std::string agent = request.header("user-agent");
  options.manager = manager.empty() ? agent.substr(0, agent.find('/')) : manager;
  if (options.manager.empty()) options.manager = "unknown";
  return options;
}

json parse_json_body(const Request& request, const std::string& kind) {
  check_size(request);
  std::string problem;
  try {
    json body = json::parse(request.body);
    if (body.is_object() || body.is_array()) return body;
    problem = "cannot unmarshal " + std::string(go_type(body)) + " into Go value";
  } catch (const json::parse_error& error) {
    problem = json_problem(request.body, error);
  }
  if (kind.empty()) throw bad_request("error decoding patch: " + problem);
  throw bad_request("the object provided is unrecognized (must be of type " + kind +
                    "): couldn't get version/kind; json parse error: " + problem + " (" +
                    request.body.substr(0, 1024) + ")");
}

json parse_yaml_body(const Request& request) {
  check_size(request);
  try {
    return parse_yaml(request.body);
  } catch (const std::invalid_argument& error) {
    throw bad_request(std::string("error decoding YAML: ") + error.what());
  }
}

json read_object(Call& call, const WriteOptions& options) {
  const std::string type = content_type(call.request);
  json object;
  if (type.empty() || type == "application/json") {
    object = parse_json_body(call.request, call.kind->kind);
  } else if (type == "application/yaml" || type == "application/x-yaml") {
    object = parse_yaml_body(call.request);
  } else if (type == kProtobuf && !call.kind->custom) {
    check_size(call.request);
    object = parse_protobuf(call.request.body);
  } else {
    throw unsupported_media_type("application/json, application/yaml");
  }
  if (!object.is_object())
    throw bad_request("the object provided is unrecognized (must be of type " + call.kind->kind +
                      "): couldn't get version/kind");
  check_identity(call, object);
  check_object(call, object, options);
  return object;
}

void check_object(Call& call, json& object, const WriteOptions& options) {
  const std::vector<std::string> unknown = unknown_fields(call, object);
  if (options.validation == WriteOptions::Validation::strict && !unknown.empty()) {
    std::string list;
    for (const std::string& field : unknown)
      list += (list.empty() ? "" : ", ") + ("unknown field \"" + field + "\"");
    throw bad_request(handled_as(call) + "strict decoding error: " + list);
  }
  if (options.validation == WriteOptions::Validation::warn) {
    for (const std::string& field : unknown)
      call.warnings.push_back("unknown field \"" + field + "\"");
  }
  check_types(call, object);
  object["apiVersion"] = call.kind->stored_api_version();
  object["kind"] = call.kind->kind;
}

void check_declared(const Call& call, json config) {
  const std::vector<std::string> unknown = unknown_fields(call, config);
  if (unknown.empty()) return;
  const std::string name =
      (call.info.namespace_name.empty() ? "" : call.info.namespace_name + "/") + call.info.name;
  throw StatusError(500, "",
                    "failed to create typed patch object (" + name + "; " +
                        call.kind->api_version(call.info.version) + ", Kind=" + call.kind->kind +
                        "): ." + unknown.front() + ": field not declared in schema");
}

}  // namespace crosstie::sandbox::kubernetes
