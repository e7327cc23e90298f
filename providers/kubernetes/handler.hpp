#pragma once
// One resource type of this provider. The provider hands each call on to the handler of the
// request's type.
#include <vector>

#include "providers/provider.hpp"

namespace crosstie::kubernetes {

/// The verbs mean what provider.hpp says of them. Reads keep the refusing defaults of the writing
/// verbs.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual const ResourceSchema& schema() const = 0;
  virtual Difference diff(const ResourceRequest& request, const Observation& observed) const = 0;
  virtual Forecast forecast(const ResourceRequest& request, const Observation& observed,
                            const std::string& action) const;
  virtual Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) = 0;
  virtual Task<WriteResult> create(WriteRequest request);
  virtual Task<WriteResult> update(WriteRequest request);
  virtual Task<WriteResult> remove(WriteRequest request);
  virtual Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) = 0;
};

/// The argument, or null when it is absent.
Value argument(const ResourceRequest& request, std::string_view name);
/// Where an argument cannot be known yet: "known after apply of link.logs.address"; "" when all are
/// known.
std::string unknown_reason(const Value& value);
Observation unreadable(Diagnostics why, const ResourceAddress& address);
Observation unchecked(std::string reason);

/// "90s", "15m", "1h", "500ms", or a number of seconds. nullopt when it is none of these.
std::optional<std::chrono::milliseconds> parse_duration(const Value& value);
/// The `timeout` argument put in place of the object's clock.
WaitLimits limits_of(const WaitRequest& request);

}  // namespace crosstie::kubernetes
