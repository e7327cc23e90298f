#pragma once
// The store and the operator in one process, on a clock that makes every wait instant.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sandbox/kubernetes/operator.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"

namespace crosstie::sandbox {

class OperatorHarness {
 public:
  ~OperatorHarness() { operator_.reset(); }

  void start(std::vector<WorldEck> world) {
    operator_ = std::make_unique<EckOperator>(context, store, world, nullptr);
    operator_->start();
  }

  EckOperator& controllers() { return *operator_; }

  /// Runs everything that is due. Controllers that fight over an object would never end.
  void settle() {
    constexpr int kStepsMax = 200000;
    io.restart();
    int steps = 0;
    while (io.poll_one() != 0 && steps < kStepsMax) ++steps;
    EXPECT_LT(steps, kStepsMax) << "the controllers do not come to rest";
  }

  bool has(eck::Kind kind, const std::string& name, const std::string& space = "default") const {
    return store.find(eck::key_of(kind, space, name)) != nullptr;
  }

  /// A copy of a stored object; null (and a failure) when it is missing.
  nlohmann::json get(eck::Kind kind, const std::string& name,
                     const std::string& space = "default") const {
    const nlohmann::json* found = store.find(eck::key_of(kind, space, name));
    EXPECT_NE(found, nullptr) << name << " is missing";
    return found == nullptr ? nlohmann::json() : *found;
  }

  nlohmann::json resource(const std::string& name = "quickstart",
                          const std::string& space = "default") const {
    return get(eck::Kind::elasticsearch, name, space);
  }

  /// Writes the object with a change made to it, as a user would.
  template <class Change>
  void edit(eck::Kind kind, const std::string& name, Change change,
            const std::string& space = "default") {
    nlohmann::json object = get(kind, name, space);
    change(object);
    eck::put(store, eck::key_of(kind, space, name), std::move(object), "test-user");
  }

  void enable_remote_server(const nlohmann::json& service = nullptr,
                            const std::string& name = "quickstart") {
    edit(eck::Kind::elasticsearch, name, [&service](nlohmann::json& object) {
      object["spec"]["remoteClusterServer"]["enabled"] = true;
      if (!service.is_null()) object["spec"]["remoteClusterServer"]["service"] = service;
    });
    settle();
  }

  std::string secret_text(const std::string& name, const std::string& field,
                          const std::string& space = "default") const {
    const nlohmann::json secret = get(eck::Kind::secret, name, space);
    return eck::from_base64(eck::text_at(secret, {"data", field.c_str()})).value_or("");
  }

  std::vector<nlohmann::json> events(const std::string& space = "default") const {
    std::vector<nlohmann::json> found;
    for (const nlohmann::json* event : store.list("", "events", space)) found.push_back(*event);
    return found;
  }

  boost::asio::io_context io;
  Context context{io.get_executor(), Clock(0), Ids(7), {}};
  ObjectStore store{context};

 private:
  std::unique_ptr<EckOperator> operator_;
};

/// A Kubernetes recording; nullopt (the caller skips) when the shared folder is not there.
inline std::optional<nlohmann::json> recording(const std::string& name) {
  std::ifstream file(std::string(CROSSTIE_SOURCE_DIR) + "/../shared/fixtures/kubernetes/" + name);
  if (!file) return std::nullopt;
  return nlohmann::json::parse(file);
}

}  // namespace crosstie::sandbox
