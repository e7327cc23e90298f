#pragma once
// The `cluster` argument of every type: which cluster is meant. Pure.
#include <string>

#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie::elasticsearch {

struct End {
  enum class Kind { ech, eck, address };
  Kind kind = Kind::address;
  std::string deployment;      // ech
  std::string ref_id;          // ech, "" = the only one
  std::string name;            // eck
  std::string namespace_name;  // eck, "" = the connection's own
  std::string connection;      // "ech", "ech.prod", "kubernetes", ...
  std::string endpoint;        // address; of eck: instead of the way that Kubernetes tells
  std::string ca;              // address: PEM, "" = the system's
  std::string server_name;     // address: name to check, "" = the host
  bool insecure = false;       // address
  Value credentials;           // {api_key: REF} or {username, password: REF}; null when not given
};

/// Reads {ech: {...}}, {eck: {...}} or {endpoint: ...}. Errors: no or several forms, unknown
/// members, literal secrets.
Result<End> parse_end(const Value& cluster);

/// The cluster that is meant, credentials and ways to it left aside: "ech DEPLOYMENT/REF", "eck
/// NAMESPACE/NAME", "address URL".
std::string end_identity(const End& end);

/// Whether both name the same cluster; false when either cannot be read.
bool same_cluster(const Value& a, const Value& b);

/// {api_key: REF} or {username: TEXT, password: REF}; null is fine.
Result<void> check_credentials(const Value& credentials);

}  // namespace crosstie::elasticsearch
