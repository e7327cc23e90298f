#pragma once
// Makes a plan: a pure state machine that says what it needs to be looked at and is given the
// answers. It does no I/O; refresh.hpp is the loop around it. Resources with nothing to wait for
// are wanted all at once, so that a plan without changes costs one batch a connection, however deep
// the graph.
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/config/configuration.hpp"
#include "engine/decide.hpp"
#include "engine/graph.hpp"
#include "engine/plan.hpp"

namespace crosstie {

struct PlanOptions {
  bool destroy = false;
  std::vector<ResourceAddress> targets;  // empty: everything
  std::vector<ResourceAddress> replace;
  std::string today;
};

struct Wanted {
  std::size_t node = 0;
  std::string connection;
  ResourceRequest request;
};

class Planner {
 public:
  using ProviderLookup = std::function<Provider*(const std::string& connection)>;

  /// `configuration` may be null when destroying without one.
  Planner(std::shared_ptr<const Configuration> configuration, StateSnapshot state,
          const SchemaCatalog& schemas, PlanOptions options, ProviderLookup providers);

  /// Errors: a cycle, a target that does not exist.
  Result<void> prepare();
  /// Goes as far as it can; gives what must be looked at next. Empty: finish() has the plan.
  std::vector<Wanted> advance();
  void supply(std::size_t node, Observation observation);
  /// The plan, or every error found on the way.
  Result<Plan> finish();

 private:
  struct Node {
    const ResourceConfig* config = nullptr;  // null: only recorded
    ResourceRecord* record = nullptr;        // its values go to `change` with the decision
    const Operation* pending = nullptr;      // last operation without an outcome
    ResourceKind kind = ResourceKind::managed;
    bool included = true;     // by --target
    bool referenced = false;  // by a resource or an output: `attributes` are needed
    bool done = false;
    bool failed = false;               // its own error, or one before it
    bool disturbed = false;            // a read that depends on it must wait for apply
    std::optional<Value> looked_with;  // the arguments that `observation` was asked for with
    std::optional<Observation> observation;
    std::unique_ptr<ResourceRecord> recovered;  // the record as it is once `pending` is settled
    Value attributes;                           // planned; what references to it give
    Change change;
  };

  void add_records();
  Diagnostic no_such_address(const std::string& summary, const std::string& named) const;
  Diagnostics changed_models() const;
  Result<void> apply_targets();
  bool is_meant(const Change& change, const ResourceAddress& target) const;
  bool goes_by_target(const Change& change, const std::string& link) const;
  Result<void> check_still_shared() const;
  void leave_targeted_links(Node& node) const;
  AttributeLookup lookup(bool recorded_instead) const;
  void guess_ahead(std::vector<Wanted>& wanted);
  void process(std::size_t index, std::vector<Wanted>& wanted);
  void process_wanted(std::size_t index, Node& node, std::vector<Wanted>& wanted);
  void process_unwanted(std::size_t index, Node& node, Reason why, std::vector<Wanted>& wanted);
  void process_read(std::size_t index, Node& node, Value desired, std::vector<Wanted>& wanted);
  bool need_look(std::size_t index, Node& node, ResourceRequest& request,
                 std::vector<Wanted>& wanted);
  Result<Value> wish_of(std::size_t index, Node& node);
  void take_decision(Node& node, DecideInput input, Decision decision);
  bool take_up_removal(Node& node);
  bool creates_first(const Change& change) const;
  bool rests_on_new(std::size_t index) const;
  void settle_pending(Node& node, ResourceRequest& request);
  void keep_recorded(Node& node);
  void fail(Node& node, Diagnostics why);
  ResourceRequest request_for(const Node& node, Value desired) const;
  Value new_attributes(const Change& change, Value arguments) const;
  Value planned_attributes(const Node& node, const Change& change) const;
  Lifecycle lifecycle_of(const Node& node) const;
  void count_coverage(const Node& node);
  void plan_outputs(Plan& plan);
  const ResourceRecord* effective_record(const Node& node) const;
  static void find_token(Node& node, const ResourceRecord* record);

  std::shared_ptr<const Configuration> configuration_;
  StateSnapshot state_;
  const SchemaCatalog& schemas_;
  PlanOptions options_;
  ProviderLookup providers_;
  std::set<ResourceAddress> replace_;
  Graph graph_;
  std::vector<Node> nodes_;
  bool guessed_ = false;  // guess_ahead was done
  Plan plan_;
  Diagnostics errors_;
};

}  // namespace crosstie
