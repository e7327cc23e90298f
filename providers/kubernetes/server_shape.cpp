#include "providers/kubernetes/server_shape.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/value.hpp"
#include "providers/kubernetes/managed_fields.hpp"
#include "providers/kubernetes/object.hpp"

namespace crosstie::kubernetes {
namespace {

/// Lists that server-side apply merges by key, and the members that make the key
/// (x-kubernetes-list-map-keys in the OpenAPI of kube-apiserver 1.34). Every other list is one
/// value, and some lists of these names are: managedFields tell those.
struct KnownList {
  std::string_view field;
  std::vector<std::string> keys;
};
const std::vector<KnownList>& known_lists() {
  static const std::vector<KnownList> kKnownLists = {
      {"containers", {"name"}},
      {"initContainers", {"name"}},
      {"ephemeralContainers", {"name"}},
      {"volumes", {"name"}},
      {"env", {"name"}},
      {"imagePullSecrets", {"name"}},
      {"secrets", {"name"}},
      {"claims", {"name"}},
      {"resourceClaims", {"name"}},
      {"schedulingGates", {"name"}},
      {"webhooks", {"name"}},
      {"matchConditions", {"name"}},
      {"volumeMounts", {"mountPath"}},
      {"volumeDevices", {"devicePath"}},
      {"hostAliases", {"ip"}},
      {"topologySpreadConstraints", {"topologyKey", "whenUnsatisfiable"}},
      {"ownerReferences", {"uid"}},
      {"conditions", {"type"}},
      {"ports", {"containerPort", "port", "protocol"}}};
  return kKnownLists;
}

bool all_have_a_key(const std::vector<std::string>& keys, const Value& list) {
  return list.is_list() &&
         std::all_of(list.as_list().begin(), list.as_list().end(), [&](const Value& item) {
           return item.is_object() &&
                  std::any_of(keys.begin(), keys.end(),
                              [&](const std::string& name) { return item.find(name) != nullptr; });
         });
}

std::string text_form(const Value& value) {
  return value.is_string() ? value.as_string() : to_json(value).dump();
}

bool is_scalar(const Value& value) {
  return value.is_string() || value.is_number() || value.is_bool();
}

Value node_of(const Value& shape, const std::string& key) {
  const Value* there = shape.find(key);
  return there == nullptr ? Value(Value::Object{}) : *there;
}

void put_node(Value& shape, const std::string& key, Value node) {
  if (!node.as_object().empty()) shape.set(key, std::move(node));
}

/// Below a list or object that is one value everything is: what the names tell does not hold there.
void whole_below(const Value& value, std::string_view field, Value& shape) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.as_object()) {
      Value node = node_of(shape, "f:" + name);
      whole_below(member, name, node);
      put_node(shape, "f:" + name, std::move(node));
    }
  } else if (value.is_list()) {
    if (list_shape(field, value).kind != ListShape::Kind::whole) shape.set("=", Value("whole"));
    Value node = node_of(shape, "*");
    for (const Value& element : value.as_list()) whole_below(element, {}, node);
    put_node(shape, "*", std::move(node));
  }
}

class Walk {
 public:
  explicit Walk(bool ours) : ours_(ours) {}

  void visit(const Value& fields, const Value* live, std::string_view field, Value& shape) const {
    if (!fields.is_object()) return;
    if (fields.as_object().empty()) {
      if (live == nullptr || live->is_null()) {
        if (ours_) shape.set("-", Value(true));
      } else if (shape.find("=") == nullptr && !is_empty_object(*live)) {
        whole_below(*live, field, shape);
      }
      return;
    }
    for (const auto& [key, below] : fields.as_object()) {
      if (key.starts_with("f:")) {
        const std::string name = key.substr(2);
        const Value* member = live == nullptr ? nullptr : live->find(name);
        descend(below, member, name, key, shape);
      } else if (key.starts_with("v:")) {
        if (field != "finalizers") shape.set("=", Value("set"));
      } else if (key.starts_with("k:")) {
        visit_element(key, below, live, field, shape);
      }
    }
  }

 private:
  /// Others own objects empty whose members are others' (ECK's operator writes such).
  bool is_empty_object(const Value& live) const { return !ours_ && live.is_object(); }

  void descend(const Value& below, const Value* member, std::string_view name,
               const std::string& key, Value& shape) const {
    Value node = node_of(shape, key);
    visit(below, member, name, node);
    put_node(shape, key, std::move(node));
  }

  void visit_element(const std::string& key, const Value& below, const Value* live,
                     std::string_view field, Value& shape) const {
    const nlohmann::json keys = nlohmann::json::parse(key.substr(2), nullptr, false);
    if (!keys.is_object() || live == nullptr || !live->is_list()) return;
    ListShape wanted{ListShape::Kind::keyed, {}};
    for (const auto& [name, value] : keys.items()) wanted.keys.push_back(name);
    const ListShape known = list_shape(field, *live);
    const bool told =
        std::all_of(wanted.keys.begin(), wanted.keys.end(), [&](const std::string& name) {
          return std::find(known.keys.begin(), known.keys.end(), name) != known.keys.end();
        });
    if (told) {
      shape.erase("=");
    } else {
      Value::List names;
      for (const std::string& name : wanted.keys) names.push_back(Value(name));
      shape.set("=", Value(std::move(names)));
    }
    descend(below, element_like(wanted, from_json(keys), *live), {}, key, shape);
  }

  bool ours_;
};

}  // namespace

bool same_text(const Value& a, const Value& b) {
  return a == b || (is_scalar(a) && is_scalar(b) && text_form(a) == text_form(b));
}

bool is_zero(const Value& value) {
  return value == Value("") || value == Value(false) || value == Value(0);
}

ListShape list_shape(std::string_view field, const Value& list) {
  if (field == "finalizers") return {ListShape::Kind::set, {}};
  for (const KnownList& known : known_lists()) {
    if (known.field == field && all_have_a_key(known.keys, list))
      return {ListShape::Kind::keyed, known.keys};
  }
  return {};
}

ListShape list_shape(const Value* shape, std::string_view field, const Value& list) {
  const Value* told = shape == nullptr ? nullptr : shape->find("=");
  if (told == nullptr) return list_shape(field, list);
  if (*told == Value("set")) return {ListShape::Kind::set, {}};
  ListShape keyed{ListShape::Kind::keyed, {}};
  if (told->is_list()) {
    for (const Value& name : told->as_list())
      if (name.is_string()) keyed.keys.push_back(name.as_string());
    if (all_have_a_key(keyed.keys, list)) return keyed;
  }
  return {};
}

bool same_element(const ListShape& shape, const Value& a, const Value& b) {
  bool any = false;
  for (const std::string& name : shape.keys) {
    const Value* x = a.find(name);
    const Value* y = b.find(name);
    if (x == nullptr || y == nullptr) {
      const Value* given = x != nullptr ? x : y;
      if (given != nullptr && name == "protocol" && !(*given == Value("TCP"))) return false;
      continue;
    }
    if (!same_text(*x, *y)) return false;
    any = true;
  }
  return any;
}

const Value* element_like(const ListShape& shape, const Value& element, const Value& list) {
  if (!list.is_list()) return nullptr;
  for (const Value& other : list.as_list())
    if (same_element(shape, element, other)) return &other;
  return nullptr;
}

const Value* shape_of_member(const Value* shape, const std::string& name) {
  return shape == nullptr || shape->is_null() ? nullptr : shape->find("f:" + name);
}

const Value* shape_of_element(const Value* shape, const Value& element) {
  if (shape == nullptr || shape->is_null()) return nullptr;
  if (const Value* every = shape->find("*")) return every;
  return fields_of_element(*shape, element);
}

Value server_shape(const Value& live) {
  Value shape(Value::Object{});
  const Value* managed = live.at({"metadata", "managedFields"});
  if (managed == nullptr || !managed->is_list()) return shape;
  for (const bool ours : {true, false}) {
    for (const Value& entry : managed->as_list()) {
      const bool applied_by_us =
          entry.text("manager") == kManager && entry.text("operation") == "Apply";
      const Value* fields = entry.find("fieldsV1");
      if (applied_by_us != ours || fields == nullptr || entry.text("subresource") == "status")
        continue;
      Walk(ours).visit(*fields, &live, {}, shape);
    }
  }
  return shape;
}

}  // namespace crosstie::kubernetes
