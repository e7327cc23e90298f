#pragma once
// A provider over real sockets against the sandbox, driven as the engine drives it: look, compare,
// write, wait, record.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "providers/ech/provider.hpp"
#include "sandbox/ech/ech.hpp"
#include "sandbox/elasticsearch/cluster.hpp"
#include "tests/providers/http/harness.hpp"

namespace crosstie::testing {

inline constexpr const char* kDeployment = "accd2e61fa835a5a32bb6b2938ce91f3";
inline constexpr const char* kApiKey = "test-api-key";
inline constexpr const char* kPassword = "test-password";

class Silence : public ProgressSink {
 public:
  void waiting(const ResourceAddress& /*address*/, const WaitState& state) override {
    states.push_back(state);
  }
  std::vector<WaitState> states;
};

inline std::string words(const Diagnostics& diagnostics) { return format_diagnostics(diagnostics); }

/// Does with one provider what plan and apply do, and keeps the records.
class Driver {
 public:
  Driver(World& world, Provider& provider) : world_(world), provider_(provider) {}

  ResourceRequest request(const std::string& name, const std::string& type, Value desired) const {
    ResourceRequest made;
    made.address.name = name;
    made.type = type;
    made.desired = std::move(desired);
    made.lineage = "lineage-1";
    if (auto known = records.find(name); known != records.end()) made.prior = known->second;
    return made;
  }

  Observation observe(const ResourceRequest& request) {
    std::vector<ResourceRequest> batch{request};
    return world_.run(provider_.observe(std::move(batch))).front();
  }
  std::vector<Observation> observe_all(std::vector<ResourceRequest> batch) {
    return world_.run(provider_.observe(std::move(batch)));
  }

  WriteRequest write(const ResourceRequest& request, const Observation& approved) {
    WriteRequest made;
    made.resource = request;
    made.operation = "operation-" + std::to_string(++operations_);
    made.approved = approved;
    made.difference = provider_.diff(request, approved);
    made.progress = &progress;
    return made;
  }

  /// Writes, waits and records. The failure's words, "" when all went well.
  std::string put(const ResourceRequest& request, const Observation& approved, bool creating) {
    WriteRequest sent = write(request, approved);
    WriteResult result = world_.run(creating ? provider_.create(std::move(sent))
                                             : provider_.update(std::move(sent)));
    if (!result.outcome) return words(result.failure.diagnostics);
    Value attributes = result.outcome->attributes;
    if (!result.outcome->token.is_null()) {
      WaitRequest wait{request, attributes, result.outcome->token, {}};
      Result<Value> settled = world_.run(provider_.settle(std::move(wait), progress));
      if (!settled) return words(settled.failure());
      attributes = *settled;
    }
    Value before = request.prior ? request.prior->before : result.outcome->before;
    records[request.address.name] = Recorded{request.desired, attributes, before};
    return {};
  }

  /// Brings a resource to `desired`; what was done ("create", "update", "replace", "none"), or the
  /// failure's words.
  std::string apply(const std::string& name, const std::string& type, Value desired,
                    Adoption adoption = Adoption::never) {
    ResourceRequest wanted = request(name, type, std::move(desired));
    wanted.adoption = adoption;
    const Observation seen = observe(wanted);
    if (seen.presence == Presence::unreadable) return words(seen.diagnostics);
    if (seen.presence == Presence::absent) {
      const std::string failed = put(wanted, seen, true);
      return failed.empty() ? "create" : failed;
    }
    const Difference difference = provider_.diff(wanted, seen);
    if (seen.incomplete || difference.needs_replace()) {
      if (const std::string failed = remove(name, type, wanted.desired); !failed.empty())
        return failed;
      ResourceRequest again = request(name, type, wanted.desired);
      const std::string failed = put(again, Observation{}, true);
      return failed.empty() ? "replace" : failed;
    }
    if (!difference.any() && seen.ownership == Ownership::ours) return "none";
    const std::string failed = put(wanted, seen, seen.ownership != Ownership::ours);
    return failed.empty() ? "update" : failed;
  }

  std::string remove(const std::string& name, const std::string& type, Value desired = {}) {
    const ResourceRequest wanted = request(name, type, std::move(desired));
    const Observation seen = observe(wanted);
    WriteResult result = world_.run(provider_.remove(write(wanted, seen)));
    if (!result.outcome) return words(result.failure.diagnostics);
    if (!result.outcome->token.is_null()) {
      WaitRequest wait{wanted, Value(), result.outcome->token, {}};
      Result<Value> settled = world_.run(provider_.settle(std::move(wait), progress));
      if (!settled) return words(settled.failure());
    }
    records.erase(name);
    return {};
  }

  std::map<std::string, Recorded> records;
  Silence progress;

 private:
  World& world_;
  Provider& provider_;
  int operations_ = 0;
};

/// Answers of a service's own making, put before a simulator: by method, the next ones first.
struct Faults {
  enum class Kind { refuse, cut_before, cut_after };
  struct Fault {
    std::string method;
    Kind kind = Kind::refuse;
    int status = 0;
    std::string body;
  };
  std::vector<Fault> next;

  sandbox::Task<sandbox::Response> answer(sandbox::Handler inner, sandbox::Request request) {
    for (auto fault = next.begin(); fault != next.end(); ++fault) {
      if (fault->method != request.method) continue;
      const Fault found = *fault;
      next.erase(fault);
      sandbox::Response response = sandbox::Response::json(found.status, found.body);
      if (found.kind == Kind::cut_after) response = co_await inner(std::move(request));
      if (found.kind != Kind::refuse) response.cut = sandbox::Cut::at_once;
      co_return response;
    }
    co_return co_await inner(std::move(request));
  }
};

/// One deployment in a simulated Elastic Cloud, and an ECH provider for it.
struct EchWorld {
  explicit EchWorld(bool flicker = true) {
    sandbox::CertificateRequest root;
    root.common_name = "sandbox root";
    authority = sandbox::make_authority(root);
    sandbox::EchApi::Options options;
    options.api_key = kApiKey;
    options.elastic_password = kPassword;
    options.authority = authority;
    options.pending_flicker = flicker;
    sandbox::WorldDeployment deployment;
    deployment.name = "prod";
    deployment.id = kDeployment;
    ech = std::make_unique<sandbox::EchApi>(world.context,
                                            std::vector<sandbox::WorldDeployment>{deployment},
                                            std::move(options), nullptr);
    sandbox::Handler inner = ech->handler();
    sandbox::ListenerOptions listening;
    listening.api = "ech";
    listener = sandbox::listen(world.context, listening, [this, inner](sandbox::Request request) {
      requests.push_back(request.method + " " + request.path);
      return faults.answer(inner, std::move(request));
    });
    environment.variable = [this](const std::string& name) {
      auto found = variables.find(name);
      return found == variables.end() ? std::string() : found->second;
    };
    environment.debug = [this](const std::string& line) { log += line + "\n"; };
    variables["EC_API_KEY"] = kApiKey;
    variables["EC_ENDPOINT"] = "http://127.0.0.1:" + std::to_string(listener->port()) + "/api/v1";
    provider = std::move(*make_ech_provider("ech", Value(), environment));
  }

  int count(const std::string& prefix) const {
    int found = 0;
    for (const std::string& request : requests) found += request.rfind(prefix, 0) == 0 ? 1 : 0;
    return found;
  }
  nlohmann::json trust() const { return find_trust(ech->dump()); }

  static nlohmann::json find_trust(const nlohmann::json& dump) {
    if (dump.is_object()) {
      if (auto found = dump.find("trust"); found != dump.end() && found->is_object()) return *found;
      for (const auto& [name, member] : dump.items())
        if (nlohmann::json found = find_trust(member); !found.is_null()) return found;
    }
    return nullptr;
  }

  World world;
  sandbox::Identity authority;
  std::unique_ptr<sandbox::EchApi> ech;
  std::unique_ptr<sandbox::Listener> listener;
  std::vector<std::string> requests;
  Faults faults;
  std::map<std::string, std::string> variables;
  ProviderEnvironment environment;
  std::string log;
  std::unique_ptr<Provider> provider;
};

}  // namespace crosstie::testing
