#pragma once
// The null provider: resources that exist only in the state. For trying the language and the
// engine, and for measuring them.
#include <memory>
#include <vector>

#include "providers/provider.hpp"

namespace crosstie {

const std::vector<ResourceSchema>& null_schemas();
std::unique_ptr<Provider> make_null_provider();

}  // namespace crosstie
