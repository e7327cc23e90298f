#pragma once
// The control interface at CROSSTIE_SANDBOX: what was asked of the simulators, what exists in them,
// and faults on order.
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sandbox/faults.hpp"
#include "sandbox/http.hpp"

namespace crosstie::sandbox {

struct ControlParts {
  RequestLog& log;
  FaultPlan& faults;
  /// Top-level keys of GET /world and what makes their values.
  std::map<std::string, std::function<nlohmann::json()>> world;
};

/// GET /requests[?after=NUMBER], GET /world, GET, POST and DELETE /faults. `parts` must outlive
/// every call of the handler.
Handler control_handler(const ControlParts& parts);

}  // namespace crosstie::sandbox
