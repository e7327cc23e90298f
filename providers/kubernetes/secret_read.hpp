#pragma once
// One key of a Kubernetes Secret, for references of the form {kubernetes_secret: {namespace, name,
// key}}.
#include <string>

#include "engine/model/result.hpp"
#include "engine/model/secret.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {

/// `provider` is the connection `kubernetes`, or null when there is none. Never empty; errors never
/// hold the bytes.
Task<Result<Secret>> read_secret(Provider* provider, std::string namespace_name, std::string name,
                                 std::string key);

}  // namespace crosstie::kubernetes
