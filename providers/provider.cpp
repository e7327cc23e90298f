#include "providers/provider.hpp"

#include <string>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/value.hpp"

namespace crosstie {

Forecast Provider::forecast(const ResourceRequest& /*request*/, const Observation& /*observed*/,
                            const std::string& /*action*/) const {
  return {};
}

Task<Result<Value>> Provider::settle(WaitRequest request, ProgressSink& /*progress*/) {
  co_return std::move(request.attributes);
}

Task<Diagnostics> Provider::server_check(WriteRequest /*request*/) { co_return Diagnostics{}; }

}  // namespace crosstie
