#pragma once
// A provider and a configuration without files or sockets: the whole engine runs in memory.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/apply.hpp"
#include "engine/planner.hpp"
#include "engine/refresh.hpp"
#include "tests/support/memory_store.hpp"

namespace crosstie::testing {

inline ResourceAddress at(const std::string& name) { return *parse_address("resource." + name); }

/// One type `test.thing` {name (identity), size, from}; computed id. Objects live in `world` by
/// name. Every call is logged.
class ScriptedProvider : public Provider {
 public:
  struct Object {
    Value arguments;
    std::string id;
    bool ours = true;
    bool settled = true;
  };
  std::map<std::string, Object> world;
  std::vector<std::string> log;                 // "create a", "observe 3"
  std::map<std::string, std::string> failures;  // "create a" -> summary of the error
  std::set<std::string> leftovers;  // names of objects whose old one still stands beside them
  std::set<std::string> unknown_outcomes;  // "create a": takes effect, then the answer is lost
  bool settle_needed = false;
  int next_id = 1;
  int in_flight = 0, in_flight_max = 0;
  /// Says yes where the process is to die, right before the write of these words: the loop stops
  /// and nothing else happens.
  std::function<bool(const std::string&)> dies_before = [](const std::string&) { return false; };
  boost::asio::io_context* loop = nullptr;

  static const std::vector<ResourceSchema>& schemas() {
    static const std::vector<ResourceSchema> kSchemas = [] {
      const auto attribute = [](const char* label, AttributeType type) {
        AttributeSchema out;
        out.name = label;
        out.type = type;
        return out;
      };
      AttributeSchema name = attribute("name", AttributeType::string);
      name.required = name.identity = true;
      const AttributeSchema size = attribute("size", AttributeType::any);
      const AttributeSchema from = attribute("from", AttributeType::any);
      AttributeSchema id = attribute("id", AttributeType::string);
      AttributeSchema data = attribute("data", AttributeType::any);
      id.computed = data.computed = true;
      return std::vector<ResourceSchema>{
          {"test.thing", ResourceKind::managed, "", {name, size, from, id}},
          {"test.read", ResourceKind::read, "", {name, data}}};
    }();
    return kSchemas;
  }
  const std::vector<ResourceSchema>& schema() const override { return schemas(); }

  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    Difference difference;
    for (const char* field : {"name", "size", "from"}) {
      const Value* want = request.desired.find(field);
      const Value* have = observed.attributes.find(field);
      const Value wanted = want == nullptr ? Value() : *want;
      const Value there = have == nullptr ? Value() : *have;
      if (!(wanted == there))
        difference.fields.push_back(
            {{{std::string(field)}}, there, wanted, std::string(field) == "name", ""});
    }
    return difference;
  }

  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override {
    log.push_back("observe " + std::to_string(batch.size()));
    std::vector<Observation> answers;
    for (const ResourceRequest& request : batch) {
      Observation seen;
      const Value* name = request.desired.find("name");
      if (name == nullptr && request.prior) name = request.prior->desired.find("name");
      if (name == nullptr || name->is_unknown()) {
        seen.presence = Presence::unchecked;
        seen.reason = "its name is not known yet";
      } else if (const auto found = world.find(name->as_string()); found != world.end()) {
        seen.presence = Presence::present;
        seen.attributes = found->second.arguments;
        seen.attributes.set("id", found->second.id);
        seen.leftovers = leftovers.contains(name->as_string());
        if (request.type == "test.read") seen.attributes.set("data", found->second.id);
        seen.ownership = found->second.ours ? Ownership::ours : Ownership::unowned;
      }
      answers.push_back(std::move(seen));
    }
    co_return answers;
  }

  Task<WriteResult> create(WriteRequest request) override {
    co_return co_await write("create", std::move(request));
  }
  Task<WriteResult> update(WriteRequest request) override {
    co_return co_await write("update", std::move(request));
  }
  Task<WriteResult> remove(WriteRequest request) override {
    co_return co_await write("remove", std::move(request));
  }

  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override {
    const std::string words = "settle " + request.resource.address.name;
    log.push_back(words);
    WaitState state;
    state.condition = "phase";
    state.value = "Working";
    progress.waiting(request.resource.address, state);
    if (const auto failure = failures.find(words); failure != failures.end())
      co_return make_error(failure->second, "scripted");
    co_return request.attributes;
  }

 private:
  Task<WriteResult> write(std::string verb, WriteRequest request) {
    const std::string name = request.resource.address.name;
    const std::string words = (request.leftovers_only ? "clear" : verb) + " " + name;
    if (dies_before(words)) {
      loop->stop();
      boost::asio::steady_timer never(*loop, boost::asio::steady_timer::time_point::max());
      co_await never.async_wait(boost::asio::use_awaitable);
    }
    log.push_back(words);
    in_flight_max = std::max(in_flight_max, ++in_flight);
    co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                               boost::asio::use_awaitable);
    --in_flight;
    if (const auto failure = failures.find(words); failure != failures.end())
      co_return WriteResult::failed(make_error(failure->second, "scripted"));
    Outcome outcome;
    if (request.leftovers_only) {
      leftovers.erase(request.resource.desired.text("name"));
    } else if (verb == "remove") {
      const Value* key =
          request.resource.prior ? request.resource.prior->desired.find("name") : nullptr;
      if (key != nullptr) world.erase(key->as_string());
    } else {
      Object& object = world[request.resource.desired.text("name")];
      if (verb == "create" && !object.id.empty()) {  // made anew beside the old one
        leftovers.insert(request.resource.desired.text("name"));
        object.id.clear();
      }
      object.arguments = request.resource.desired;
      object.ours = true;
      if (object.id.empty()) object.id = "id-" + std::to_string(next_id++);
      outcome.attributes = object.arguments;
      outcome.attributes.set("id", object.id);
      if (settle_needed) outcome.token.set("generation", 1);
    }
    if (unknown_outcomes.contains(words))
      co_return WriteResult::failed(make_error("answer was lost", "scripted"), true);
    co_return WriteResult::done(std::move(outcome));
  }
};

/// A configuration of things whose arguments are functions of the attributes of others.
class ScriptedConfiguration : public Configuration {
 public:
  using Arguments = std::function<Value(const AttributeLookup&)>;

  ResourceConfig& add(const std::string& name, std::vector<std::string> needs, Arguments arguments,
                      const std::string& type = "test.thing") {
    append(name, std::move(needs), std::move(arguments), type);
    sort();
    return *std::find_if(resources_.begin(), resources_.end(),
                         [&](const auto& one) { return one.address == at(name); });
  }
  /// For many: sort() at the end, once.
  void append(const std::string& name, std::vector<std::string> needs, Arguments arguments,
              const std::string& type = "test.thing") {
    ResourceConfig config;
    config.address = at(name);
    config.type = type;
    config.schema = &ScriptedProvider::schemas()[type == "test.thing" ? 0 : 1];
    config.connection = "test";
    for (const std::string& need : needs) config.depends_on.push_back(at(need));
    resources_.push_back(std::move(config));
    arguments_[at(name)] = std::move(arguments);
  }
  void sort() {
    std::sort(resources_.begin(), resources_.end(),
              [](const auto& a, const auto& b) { return a.address < b.address; });
  }
  /// A thing named as its resource.
  ResourceConfig& add(const std::string& name, std::vector<std::string> needs = {},
                      Value size = 1) {
    return add(name, std::move(needs), [name, size](const AttributeLookup&) {
      Value arguments;
      arguments.set("name", name);
      arguments.set("size", size);
      return arguments;
    });
  }
  std::map<ResourceAddress, std::function<Value(const AttributeLookup&)>> whens;
  std::map<std::string, std::function<Value(const AttributeLookup&)>> output_values;

  const std::vector<ResourceConfig>& resources() const override { return resources_; }
  const std::vector<OutputConfig>& outputs() const override { return outputs_; }
  const std::vector<LinkSummary>& links() const override { return links_; }
  const std::map<std::string, Value>& connections() const override { return connections_; }
  Result<Value> evaluate_when(const ResourceConfig& resource,
                              const AttributeLookup& lookup) const override {
    const auto found = whens.find(resource.address);
    return found == whens.end() ? Value(true) : found->second(lookup);
  }
  Result<Value> evaluate_arguments(const ResourceConfig& resource,
                                   const AttributeLookup& lookup) const override {
    return arguments_.at(resource.address)(lookup);
  }
  Result<Value> evaluate_output(const OutputConfig& output,
                                const AttributeLookup& lookup) const override {
    return output_values.at(output.name)(lookup);
  }
  /// An output that may look at every resource added before it.
  void add_output(const std::string& name, std::function<Value(const AttributeLookup&)> value) {
    OutputConfig output{name, "", false, {}};
    for (const ResourceConfig& one : resources_) output.depends_on.push_back(one.address);
    outputs_.push_back(std::move(output));
    output_values[name] = std::move(value);
  }

 private:
  std::vector<ResourceConfig> resources_;
  std::map<ResourceAddress, Arguments> arguments_;
  std::vector<OutputConfig> outputs_;
  std::vector<LinkSummary> links_;
  std::map<std::string, Value> connections_;
};

/// Everything an engine test needs: plan() and apply() against one provider and one store.
class Bench {
 public:
  Bench() { catalog.add(ScriptedProvider::schemas()); }

  std::shared_ptr<ScriptedConfiguration> configuration = std::make_shared<ScriptedConfiguration>();
  std::shared_ptr<const Configuration> loaded;  // from files, in place of `configuration`
  ScriptedProvider provider;
  std::shared_ptr<MemoryState> state = std::make_shared<MemoryState>();
  SchemaCatalog catalog;
  EventSink* events = nullptr;
  int next_uuid = 1;
  int parallelism = 10;
  bool killed = false;  // the last apply died

  Environment environment() {
    Environment environment;
    environment.now = [] { return std::chrono::steady_clock::time_point(); };
    environment.timestamp = [] { return std::string("2026-01-01T00:00:00.000Z"); };
    environment.uuid = [this] { return "operation-" + std::to_string(next_uuid++); };
    environment.today = "2026-01-01";
    environment.provider = [this](const std::string&) { return &provider; };
    environment.events = events;
    return environment;
  }

  Result<Plan> plan(PlanOptions options = {}) {
    MemoryStore store(state);
    options.today = "2026-01-01";
    Planner planner(in_use(), *store.load(), catalog, options,
                    [this](const std::string&) { return &provider; });
    const Result<void> prepared = planner.prepare();
    if (!prepared) return prepared.failure();
    std::optional<Result<Plan>> out;
    boost::asio::io_context io;
    boost::asio::co_spawn(io, keep(make_plan(planner, environment()), out), rethrow);
    io.run();
    return std::move(*out);
  }

  ApplyResult apply(Plan plan) {
    MemoryStore store(state);
    return apply_with(store, std::move(plan));
  }
  ApplyResult apply_with(StateStore& store, Plan plan) {
    const Run run = *store.begin_run("apply", {});
    ApplyOptions options;
    options.parallelism = parallelism;
    options.run = run.id;
    auto io = std::make_unique<boost::asio::io_context>();
    auto applier = std::make_unique<Applier>(std::move(plan), in_use(), catalog, store,
                                             environment(), options);
    std::optional<ApplyResult> out;
    provider.loop = io.get();
    boost::asio::co_spawn(*io, keep(applier->run(), out), rethrow);
    io->run();
    killed = !out.has_value();
    if (!killed) {
      applier.reset();
      return std::move(*out);
    }
    // A killed process cleans nothing up.
    static auto* const kDead = new std::vector<std::pair<boost::asio::io_context*, Applier*>>();
    kDead->emplace_back(io.release(), applier.release());
    return {};
  }
  ApplyResult plan_and_apply(PlanOptions options = {}) { return apply(*plan(options)); }

 private:
  std::shared_ptr<const Configuration> in_use() const {
    return loaded ? loaded : std::static_pointer_cast<const Configuration>(configuration);
  }
  template <class T>
  static Task<void> keep(Task<T> task, std::optional<T>& out) {
    out.emplace(co_await std::move(task));
  }
  static void rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  }
};

}  // namespace crosstie::testing
