#pragma once
// JSON plus two marks: *unknown* (known after another step; it says which) and *sensitive* (never
// shown).
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace crosstie {

/// A place inside a value: member names and list indexes, printed as `spec.nodeSets[0].name`, odd
/// names as `["a.b"]`.
struct PathStep {
  std::variant<std::string, std::size_t> step;
  friend auto operator<=>(const PathStep&, const PathStep&) = default;
};
using Path = std::vector<PathStep>;
std::string print_path(const Path& path);

/// Copies share their lists and objects until one of them is changed: a plan holds most values many
/// times over. So a reference that as_list() or as_object() gave to change something must not
/// outlive the next copy of the value.
class Value {
 public:
  using List = std::vector<Value>;
  using Object = std::map<std::string, Value, std::less<>>;
  struct Unknown {
    std::string
        source;  // address of the resource whose apply makes it known, e.g. "link.logs.address"
    friend bool operator==(const Unknown&, const Unknown&) = default;
  };

  Value() = default;                           // null
  Value(bool value) : data_(value) {}          // NOLINT: implicit on purpose, all of these
  Value(std::int64_t value) : data_(value) {}  // NOLINT
  Value(int value) : data_(static_cast<std::int64_t>(value)) {}               // NOLINT
  Value(double value) : data_(value) {}                                       // NOLINT
  Value(std::string value) : data_(std::move(value)) {}                       // NOLINT
  Value(std::string_view value) : data_(std::string(value)) {}                // NOLINT
  Value(const char* value) : data_(std::string(value)) {}                     // NOLINT
  Value(List value) : data_(std::make_shared<List>(std::move(value))) {}      // NOLINT
  Value(Object value) : data_(std::make_shared<Object>(std::move(value))) {}  // NOLINT
  Value(const Value&) = default;
  Value& operator=(const Value&) = default;
  /// What was moved from is null.
  Value(Value&& other) noexcept
      : data_(std::exchange(other.data_, {})), sensitive_(std::exchange(other.sensitive_, false)) {}
  Value& operator=(Value&& other) noexcept {
    data_ = std::exchange(other.data_, {});
    sensitive_ = std::exchange(other.sensitive_, false);
    return *this;
  }
  ~Value() = default;
  static Value unknown(std::string source) { return Value(Unknown{std::move(source)}); }

  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(data_); }
  bool is_double() const { return std::holds_alternative<double>(data_); }
  bool is_number() const { return is_integer() || is_double(); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_list() const { return std::holds_alternative<ListPtr>(data_); }
  bool is_object() const { return std::holds_alternative<ObjectPtr>(data_); }
  bool is_unknown() const { return std::holds_alternative<Unknown>(data_); }

  bool as_bool() const { return std::get<bool>(data_); }
  std::int64_t as_integer() const { return std::get<std::int64_t>(data_); }
  double as_double() const {
    return is_integer() ? static_cast<double>(as_integer()) : std::get<double>(data_);
  }
  const std::string& as_string() const { return std::get<std::string>(data_); }
  std::string& as_string() { return std::get<std::string>(data_); }
  const List& as_list() const { return *std::get<ListPtr>(data_); }
  List& as_list() { return own(std::get<ListPtr>(data_)); }
  const Object& as_object() const { return *std::get<ObjectPtr>(data_); }
  Object& as_object() { return own(std::get<ObjectPtr>(data_)); }
  const std::string& unknown_source() const { return std::get<Unknown>(data_).source; }

  /// Member of an object, null pointer when this is no object or has no such member.
  const Value* find(std::string_view key) const;
  /// Value at a path of member names, e.g. at({"spec", "type"}); null pointer when absent.
  const Value* at(std::initializer_list<std::string_view> keys) const;
  const Value* at(const Path& path) const;
  /// Text of a string member, `fallback` otherwise.
  std::string text(std::string_view key, std::string_view fallback = {}) const;
  bool flag(std::string_view key, bool fallback = false) const;
  /// Makes this an object when null, and sets the member.
  void set(std::string_view key, Value value);
  void erase(std::string_view key);

  /// The mark of this very value; the marks of members are their own.
  bool sensitive() const { return sensitive_; }
  Value& mark_sensitive(bool on = true) {
    sensitive_ = on;
    return *this;
  }
  bool contains_unknown() const;
  bool contains_sensitive() const;
  /// Address that the first unknown inside waits for, "" when all is known.
  std::string first_unknown() const;

  /// Same content, marks aside. An integer equals a double of the same number.
  friend bool operator==(const Value& a, const Value& b);

 private:
  using ListPtr = std::shared_ptr<List>;
  using ObjectPtr = std::shared_ptr<Object>;

  explicit Value(Unknown unknown) : data_(std::move(unknown)) {}
  template <class T>
  static T& own(std::shared_ptr<T>& shared) {
    if (shared.use_count() > 1) shared = std::make_shared<T>(*shared);
    return *shared;
  }

  std::variant<std::monostate, bool, std::int64_t, double, std::string, ListPtr, ObjectPtr, Unknown>
      data_;
  bool sensitive_ = false;
};

/// Field names for a readable word of the kind: "string", "list", "object", "number", "bool",
/// "null", "unknown".
std::string_view kind_name(const Value& value);

Value from_json(const nlohmann::json& json);
/// Sensitive values in clear, unknown ones as null: for requests, never for people.
nlohmann::json to_json(const Value& value);
/// For people: sensitive as "(sensitive)", unknown as "(known after apply)".
nlohmann::json to_shown_json(const Value& value);
/// Terraform's shapes: true where unknown (or sensitive), objects and lists of the same shape
/// around, false/{}/[] elsewhere.
nlohmann::json unknown_shape(const Value& value);
nlohmann::json sensitive_shape(const Value& value);

/// Lossless text with marks, for state and plan files: {"v": json, "u": {path: source}, "s":
/// [path]}. Paths are JSON pointers.
nlohmann::json encode_value(const Value& value);
/// Throws std::invalid_argument on a shape that encode_value does not make.
Value decode_value(const nlohmann::json& json);

/// One difference between two values. `before`/`after` null pointers stand for absent.
struct FieldChange {
  Path path;
  Value before;
  Value after;
  bool before_absent = false;
  bool after_absent = false;
};
/// Field by field, members in order; lists are compared by index. Unknown differs from everything
/// known.
std::vector<FieldChange> diff_values(const Value& before, const Value& after);
/// What `desired` says differently from `live`, members that `desired` does not name left aside; a
/// null, an empty object and an empty list equal absence. Lists are compared whole.
std::vector<FieldChange> diff_subset(const Value& desired, const Value& live);

/// Objects merged member by member, `over` wins; everything else replaced.
Value merge_values(const Value& base, const Value& over);

}  // namespace crosstie
