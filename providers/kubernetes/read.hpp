#pragma once
// kubernetes.read: one object's content, as it is or once it is there.
#include <memory>
#include <string>
#include <vector>

#include "providers/kubernetes/api.hpp"
#include "providers/kubernetes/handler.hpp"

namespace crosstie::kubernetes {

/// {key: text} of a Secret (decoded, sensitive unless in `public_keys`) or ConfigMap; {} for other
/// kinds. Bytes that are no UTF-8 are left out: a value is text.
Value data_of(const Value& object, const std::vector<std::string>& public_keys);

/// {key: base64} of what data_of leaves out, and of a ConfigMap's binaryData.
Value binary_data_of(const Value& object, const std::vector<std::string>& public_keys);

std::unique_ptr<Handler> make_read_handler(std::shared_ptr<Api> api);

}  // namespace crosstie::kubernetes
