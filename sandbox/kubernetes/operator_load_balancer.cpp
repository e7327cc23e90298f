#include "sandbox/kubernetes/operator_load_balancer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/operator_objects.hpp"
#include "sandbox/kubernetes/store.hpp"
#include "sandbox/world.hpp"

namespace crosstie::sandbox::eck {

using nlohmann::json;

namespace {

constexpr const char* kManager = "cloud-controller-manager";
constexpr std::uint32_t kAddressFirst = 10;   // 203.0.113.10, 2001:db8::a
constexpr std::uint32_t kAddressCount = 240;  // what 203.0.113.0/24 has to give

void report(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

bool is_load_balancer(const json& service) {
  return text_at(service, {"spec", "type"}) == "LoadBalancer" &&
         member(service, {"metadata", "deletionTimestamp"}).is_null();
}

std::string hex(std::uint32_t number) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[number % 16]);
    number /= 16;
  } while (number != 0);
  return text;
}

/// The port inside the pods: a number, or the name of one of the container ports that ECK writes.
int target_of(const json& port) {
  const json& target = member(port, {"targetPort"});
  if (target.is_number_integer()) return target.get<int>();
  if (target == json("https")) return 9200;
  if (target == json("transport")) return 9300;
  const json& number = member(port, {"port"});
  return target.is_null() && number.is_number_integer() ? number.get<int>() : 0;
}

}  // namespace

LoadBalancerController::LoadBalancerController(Context& context, ObjectStore& store,
                                               const std::vector<WorldEck>& world, Backend backend)
    : context_(context), store_(store), world_(world), backend_(std::move(backend)) {}

void LoadBalancerController::stop() {
  stopped_ = true;
  for (const auto& [key, assigned] : assigned_) {
    for (const std::string& address : assigned.bound) context_.network.unbind(address);
  }
  assigned_.clear();
}

/// The world's setting of the cluster that the Service selects, else of the namespace, else the
/// first.
const WorldEck& LoadBalancerController::setting_for(const json& service) const {
  static const WorldEck kDefaults;
  const std::string space = text_at(service, {"metadata", "namespace"});
  const std::string cluster = text_at(service, {"spec", "selector", kClusterLabel});
  const WorldEck* best = world_.empty() ? &kDefaults : &world_.front();
  for (const WorldEck& eck : world_) {
    if (eck.namespace_name != space) continue;
    if (eck.name == cluster) return eck;
    if (best->namespace_name != space) best = &eck;
  }
  return *best;
}

void LoadBalancerController::observe(const WatchEvent& event, const std::shared_ptr<void>& alive) {
  if (stopped_ || event.key.resource != "services") return;
  const auto known = assigned_.find(event.key);
  const std::string uid = text_at(event.object, {"metadata", "uid"});
  const bool wanted = event.type != "DELETED" && is_load_balancer(event.object);
  if (known != assigned_.end() && (!wanted || known->second.uid != uid)) withdraw(event.key);
  if (!wanted) return;
  if (const auto kept = assigned_.find(event.key); kept != assigned_.end()) {
    if (!kept->second.host.empty()) bind(event.key, kept->second);
    return;
  }
  assigned_[event.key].uid = uid;
  co_spawn(context_.executor, assign(alive, event.key, uid), report);
}

Task<void> LoadBalancerController::assign(std::shared_ptr<void> alive, ObjectKey key,
                                          std::string uid) {
  const json* service = store_.find(key);
  const auto delay =
      service == nullptr ? std::chrono::milliseconds(0) : setting_for(*service).load_balancer_delay;
  co_await context_.clock.wait(delay);
  if (running_) {
    serve(key, uid);
  } else {
    unserved_.emplace_back(key, uid);
  }
  alive.reset();
}

void LoadBalancerController::serve(const ObjectKey& key, const std::string& uid) {
  const json* service = stopped_ ? nullptr : store_.find(key);
  if (service == nullptr || !is_load_balancer(*service) ||
      text_at(*service, {"metadata", "uid"}) != uid)
    return;
  const json copy = *service;
  give_address(key, copy);
}

void LoadBalancerController::set_running(bool running) {
  running_ = running;
  if (!running_) return;
  const auto unserved = std::move(unserved_);
  unserved_.clear();
  for (const auto& [key, uid] : unserved) serve(key, uid);
}

void LoadBalancerController::give_address(const ObjectKey& key, const json& service) {
  const auto known = assigned_.find(key);
  if (known == assigned_.end() || !known->second.host.empty()) return;
  const std::uint32_t number = kAddressFirst + addresses_given_++ % kAddressCount;
  json ingress;
  switch (setting_for(service).load_balancer) {
    case WorldEck::LoadBalancer::ip:
      known->second.host = "203.0.113." + std::to_string(number);
      ingress = {{"ip", known->second.host}, {"ipMode", "VIP"}};
      break;
    case WorldEck::LoadBalancer::ipv6:
      known->second.host = "2001:db8::" + hex(number);
      ingress = {{"ip", known->second.host}, {"ipMode", "VIP"}};
      break;
    case WorldEck::LoadBalancer::hostname:
      known->second.host = key.name + "-" + context_.ids.hex(8) + ".elb.sandbox.example";
      ingress = {{"hostname", known->second.host}};
      break;
  }
  bind(key, known->second);
  json updated = service;
  updated["status"]["loadBalancer"]["ingress"] = json::array({ingress});
  put(store_, key, std::move(updated), kManager, "status");
}

void LoadBalancerController::withdraw(const ObjectKey& key) {
  const auto known = assigned_.find(key);
  for (const std::string& address : known->second.bound) context_.network.unbind(address);
  assigned_.erase(known);
  const json* service = store_.find(key);
  if (service == nullptr || is_load_balancer(*service) ||
      member(*service, {"status", "loadBalancer", "ingress"}).is_null())
    return;
  json updated = *service;
  updated["status"]["loadBalancer"] = json::object();
  put(store_, key, std::move(updated), kManager, "status");
}

void LoadBalancerController::refresh() {
  for (auto& [key, assigned] : assigned_) {
    if (!assigned.host.empty()) bind(key, assigned);
  }
}

/// Leads each port of the Service to the cluster whose pods it selects. Ports that nothing serves
/// stay unbound: a connection to them fails, as to a load balancer without healthy targets.
void LoadBalancerController::bind(const ObjectKey& key, Assigned& assigned) {
  for (const std::string& address : assigned.bound) context_.network.unbind(address);
  assigned.bound.clear();
  const json* service = store_.find(key);
  if (service == nullptr) return;
  std::string cluster;
  for (const json* pod : store_.list("", "pods", key.namespace_name)) {
    if (labels_match(member(*service, {"spec", "selector"}), *pod))
      cluster = text_at(*pod, {"metadata", "labels", kClusterLabel});
    if (!cluster.empty()) break;
  }
  if (cluster.empty()) return;
  const std::string host =
      assigned.host.find(':') == std::string::npos ? assigned.host : "[" + assigned.host + "]";
  for (const json& port : member(*service, {"spec", "ports"})) {
    const std::uint16_t loopback = backend_(key.namespace_name, cluster, target_of(port));
    if (loopback == 0) continue;
    const std::string address = host + ":" + std::to_string(port.value("port", 0));
    context_.network.bind(address, loopback);
    assigned.bound.push_back(address);
  }
}

}  // namespace crosstie::sandbox::eck
