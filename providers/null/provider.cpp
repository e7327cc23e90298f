#include "providers/null/provider.hpp"

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/model/address.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/provider.hpp"

namespace crosstie {
namespace {

class NullProvider : public Provider {
 public:
  const std::vector<ResourceSchema>& schema() const override { return null_schemas(); }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    Difference difference;
    for (FieldChange& change : diff_values(observed.attributes, request.desired))
      difference.fields.push_back(
          {std::move(change.path), std::move(change.before), std::move(change.after), false, ""});
    return difference;
  }

  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override {
    std::vector<Observation> answers;
    answers.reserve(batch.size());
    for (ResourceRequest& request : batch) {
      Observation seen;
      if (request.prior && !removed_.contains(request.address)) {
        seen.presence = Presence::present;
        seen.attributes = std::move(request.prior->desired);
      }
      answers.push_back(std::move(seen));
    }
    co_return answers;
  }

  Task<WriteResult> create(WriteRequest request) override {
    removed_.erase(request.resource.address);
    co_return kept(request);
  }
  Task<WriteResult> update(WriteRequest request) override { co_return kept(request); }
  Task<WriteResult> remove(WriteRequest request) override {
    removed_.insert(request.resource.address);
    co_return WriteResult::done({});
  }

 private:
  static WriteResult kept(const WriteRequest& request) {
    Outcome outcome;
    outcome.attributes = request.resource.desired;
    return WriteResult::done(std::move(outcome));
  }

  std::set<ResourceAddress> removed_;  // by this run, whose plan still knows their record
};

}  // namespace

const std::vector<ResourceSchema>& null_schemas() {
  static const std::vector<ResourceSchema> kSchemas = [] {
    AttributeSchema value;
    value.name = "value";
    value.type = AttributeType::any;
    value.description = "Any value; references to it give it back.";
    return std::vector<ResourceSchema>{
        {"null.resource",
         ResourceKind::managed,
         "Exists only in the state; for trying the language without any service.",
         {value}}};
  }();
  return kSchemas;
}

std::unique_ptr<Provider> make_null_provider() { return std::make_unique<NullProvider>(); }

}  // namespace crosstie
