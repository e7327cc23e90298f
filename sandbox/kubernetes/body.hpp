#pragma once
// Request bodies and options of writes.
#include <nlohmann/json.hpp>
#include <string>

#include "sandbox/kubernetes/server.hpp"

namespace crosstie::sandbox::kubernetes {

struct WriteOptions {
  enum class Validation { ignore, warn, strict };
  bool dry_run = false;
  bool force = false;
  Validation validation = Validation::warn;
  std::string manager;  // of the query, else the user agent up to its first "/"
};

/// Throws StatusError 422 on `kind` ("CreateOptions", ...).
WriteOptions read_write_options(const Request& request, const std::string& kind,
                                bool apply = false);

/// Throws StatusError 413 or 400.
nlohmann::json parse_json_body(const Request& request, const std::string& kind);
/// YAML, and so JSON too.
nlohmann::json parse_yaml_body(const Request& request);

/// The body as an object of the call's kind: version checked, unknown fields refused, warned of or
/// dropped, types checked. Throws StatusError 400, 413, 415.
nlohmann::json read_object(Call& call, const WriteOptions& options);

/// The second half of read_object, for a patched object.
void check_object(Call& call, nlohmann::json& object, const WriteOptions& options);

/// Fields of an apply configuration that the schema does not have; throws StatusError 500 as the
/// real server does.
void check_declared(const Call& call, nlohmann::json config);

/// Media type of the body without parameters, lower case.
std::string content_type(const Request& request);

}  // namespace crosstie::sandbox::kubernetes
