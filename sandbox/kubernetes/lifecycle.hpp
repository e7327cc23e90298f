#pragma once
// What the garbage collector and the namespace controller do after a deletion: dependents go when
// their last owner is gone, a terminating namespace is emptied and then goes itself, a terminating
// object goes when its last finalizer does.
#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "sandbox/kubernetes/kinds.hpp"
#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::kubernetes {

enum class Propagation { background, foreground, orphan };

class Lifecycle : public std::enable_shared_from_this<Lifecycle> {
 public:
  Lifecycle(boost::asio::any_io_executor executor, ObjectStore& store, KindTable& kinds,
            std::string ca_pem);

  /// Follows the store; the controllers run a turn of the executor later, as real ones run after
  /// the answer.
  void start();

  /// Marks the object as terminating, or erases it when nothing holds it. Returns the object as it
  /// is (or was) then.
  nlohmann::json remove(const ObjectKey& key, Propagation propagation);
  /// What remove() would return, with nothing changed; `gone` tells whether nothing would hold the
  /// object.
  nlohmann::json preview_remove(const ObjectKey& key, Propagation propagation, bool& gone) const;

  /// What a namespace has from the start: the default account and the cluster's CA.
  void fill_namespace(const std::string& name);

 private:
  void on_event(const WatchEvent& event);
  void follow_definition(const WatchEvent& event);
  void run();
  void check(const ObjectKey& key);
  void check_terminating(const ObjectKey& key, nlohmann::json object);
  void check_namespace(const std::string& name);
  void check_dependent(const ObjectKey& key, const nlohmann::json& object);
  void orphan_dependents(const std::string& uid);
  bool owner_exists(const nlohmann::json& reference, const std::string& namespace_name) const;

  boost::asio::any_io_executor executor_;
  ObjectStore& store_;
  KindTable& kinds_;
  std::string ca_pem_;
  std::map<std::string, std::set<ObjectKey>> dependents_;  // by owner uid
  std::map<std::string, ObjectKey> foreground_;  // owners that wait for their dependents, by uid
  std::set<std::string> terminating_namespaces_;
  std::set<ObjectKey> pending_;
  bool posted_ = false;
};

}  // namespace crosstie::sandbox::kubernetes
