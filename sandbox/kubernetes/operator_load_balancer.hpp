#pragma once
// The cloud's load balancer controller: every Service of type LoadBalancer gets an address after a
// while, and loses it with the Service. Where pods answer behind it, the address leads to the
// loopback port of the simulated cluster.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "sandbox/context.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox::eck {

class LoadBalancerController {
 public:
  /// Loopback port of what listens on `port` inside the pods of a cluster; 0 when nothing does.
  using Backend = std::function<std::uint16_t(const std::string& namespace_name,
                                              const std::string& cluster, int port)>;

  LoadBalancerController(Context& context, ObjectStore& store, const std::vector<WorldEck>& world,
                         Backend backend);
  LoadBalancerController(const LoadBalancerController&) = delete;
  LoadBalancerController& operator=(const LoadBalancerController&) = delete;

  /// Notes a change of a Service. `alive` keeps this object: its owner.
  void observe(const WatchEvent& event, const std::shared_ptr<void>& alive);
  /// Binds the given addresses anew after pods or listeners have changed.
  void refresh();
  /// While it is down, no address is given; those that were asked for come once it runs again.
  void set_running(bool running);
  /// Takes every address back; nothing is given any more.
  void stop();

 private:
  struct Assigned {
    std::string uid;
    std::string host;  // empty while the address is on its way
    std::vector<std::string> bound;
  };

  const WorldEck& setting_for(const nlohmann::json& service) const;
  Task<void> assign(std::shared_ptr<void> alive, ObjectKey key, std::string uid);
  void serve(const ObjectKey& key, const std::string& uid);
  void give_address(const ObjectKey& key, const nlohmann::json& service);
  void withdraw(const ObjectKey& key);
  void bind(const ObjectKey& key, Assigned& assigned);

  Context& context_;
  ObjectStore& store_;
  std::vector<WorldEck> world_;
  Backend backend_;
  std::map<ObjectKey, Assigned> assigned_;
  std::uint32_t addresses_given_ = 0;
  std::vector<std::pair<ObjectKey, std::string>> unserved_;  // Service and uid, while not running
  bool running_ = true;
  bool stopped_ = false;
};

}  // namespace crosstie::sandbox::eck
