#pragma once
// What a kubelet makes of the volumes of a pod: whether they can be set up, and the files that the
// container `elasticsearch` finds below its mounts.
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "sandbox/kubernetes/store.hpp"

namespace crosstie::sandbox::eck {

/// Why the volumes cannot be set up, as the event FailedMount says it; "" when they can.
std::string mount_failure(const ObjectStore& store, const nlohmann::json& pod);

/// The Secrets and ConfigMaps that the pod's volumes take files from.
std::set<ObjectKey> mounted_objects(const nlohmann::json& pod);

struct MountedFile {
  enum class State {
    absent,  // no mount leads there, or its volume gives no such file
    unseen,  // in a volume whose content the sandbox does not know, such as an emptyDir of the user
    present
  };
  State state = State::absent;
  std::string text;
  std::set<ObjectKey> sources;  // objects that the file comes from, or would come from
  bool fixed = false;           // mounted by subPath: a change reaches only a new container
};

/// The file at an absolute path in the container `elasticsearch`.
MountedFile read_mounted(const ObjectStore& store, const nlohmann::json& pod,
                         const std::string& path);

}  // namespace crosstie::sandbox::eck
