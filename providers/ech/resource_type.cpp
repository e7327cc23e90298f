#include "providers/ech/resource_type.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/comparison.hpp"
#include "providers/provider.hpp"

namespace crosstie::ech {
namespace {

Diagnostic read_only(const std::string& type) {
  return make_error("resource type is only read",
                    "A resource of type " + type + " cannot be written.");
}

}  // namespace

Forecast ResourceType::forecast(const ResourceRequest& /*request*/, const Observation& /*observed*/,
                                const std::string& /*action*/) const {
  return {};
}

Task<WriteResult> ResourceType::create(WriteRequest /*request*/) {
  co_return WriteResult::failed(read_only(schema().type));
}
Task<WriteResult> ResourceType::update(WriteRequest /*request*/) {
  co_return WriteResult::failed(read_only(schema().type));
}
Task<WriteResult> ResourceType::remove(WriteRequest /*request*/) {
  co_return WriteResult::failed(read_only(schema().type));
}
Task<Diagnostics> ResourceType::server_check(WriteRequest /*request*/) { co_return Diagnostics{}; }

Task<Result<Value>> ResourceType::settle(WaitRequest request, ProgressSink& /*progress*/) {
  co_return std::move(request.attributes);
}

void compare_field(Difference& difference, const Value& desired, const Value& observed,
                   std::string_view name, bool replace) {
  const auto present = [](const Value* value) -> const Value* {
    const bool empty =
        value != nullptr &&
        (value->is_string() ? value->as_string().empty() : value->is_bool() && !value->as_bool());
    return empty ? nullptr : value;
  };
  compare(difference, name, present(desired.find(name)), present(observed.find(name)), replace);
}

AttributeSchema deployment_argument() {
  return identity(required(
      attribute("deployment", AttributeType::string, "Deployment id, 32 hex characters.")));
}

AttributeSchema ref_id_argument() {
  return identity(
      attribute("ref_id", AttributeType::string, "Which Elasticsearch; absent: the only one."));
}

}  // namespace crosstie::ech
