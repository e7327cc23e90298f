#pragma once
#include <nlohmann/json.hpp>

#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::kubernetes {

/// Every object keyed "apiVersion/Kind/namespace/name", with what the server sets by itself under
/// "server", so that two dumps can be compared without it. Events are left out: they are a log, not
/// a part of what exists.
nlohmann::json dump_objects(const ObjectStore& store);

}  // namespace crosstie::sandbox::kubernetes
