#include "state/value_text.hpp"

#include <charconv>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"
#include "state/failure.hpp"
#include "state/json_reader.hpp"
#include "state/seal.hpp"

namespace crosstie::state_file {
namespace {

constexpr std::string_view kSealed = "sealed";

/// "/a~1b/0" one step at a time.
std::string take_step(std::string_view& pointer) {
  pointer.remove_prefix(1);
  std::string step;
  while (!pointer.empty() && pointer.front() != '/') {
    if (pointer.front() == '~' && pointer.size() > 1) {
      step += pointer[1] == '1' ? '/' : '~';
      pointer.remove_prefix(2);
    } else {
      step += pointer.front();
      pointer.remove_prefix(1);
    }
  }
  return step;
}

void add_step(std::string& pointer, std::string_view step) {
  pointer += '/';
  for (const char c : step) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

Value& at_pointer(Value& root, std::string_view pointer) {
  Value* at = &root;
  while (!pointer.empty()) {
    if (pointer.front() != '/') throw std::invalid_argument("a path does not begin with a slash");
    const std::string step = take_step(pointer);
    if (at->is_object()) {
      const auto member = at->as_object().find(step);
      if (member == at->as_object().end()) throw std::invalid_argument("a path leads nowhere");
      at = &member->second;
    } else if (at->is_list()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (error != std::errc() || end != step.data() + step.size() || index >= at->as_list().size())
        throw std::invalid_argument("a path leads nowhere");
      at = &at->as_list()[index];
    } else {
      throw std::invalid_argument("a path leads into a plain value");
    }
  }
  return *at;
}

const std::string& text_of(const Value& value) {
  if (!value.is_string()) throw std::invalid_argument("a mark or a path is no string");
  return value.as_string();
}

/// The members of an encoded value; null where one is absent.
struct Encoded {
  Value value, unknown, sensitive, sealed;
};

Encoded parse(std::string_view text) {
  JsonReader reader(text);
  Encoded encoded;
  bool has_value = false;
  std::string name;
  reader.begin_object();
  while (reader.next_member(name)) {
    if (name == "v") {
      reader.read(encoded.value);
      has_value = true;
    } else if (name == "u") {
      reader.read(encoded.unknown);
    } else if (name == "s") {
      reader.read(encoded.sensitive);
    } else if (name == kSealed) {
      reader.read(encoded.sealed);
    } else {
      throw std::invalid_argument("an encoded value has a member without meaning");
    }
  }
  reader.end();
  if (!has_value) throw std::invalid_argument("an encoded value has no \"v\"");
  return encoded;
}

void apply_marks(Encoded& encoded) {
  if (!encoded.unknown.is_null()) {
    if (!encoded.unknown.is_object())
      throw std::invalid_argument("\"u\" of an encoded value is no object");
    for (const auto& [pointer, source] : encoded.unknown.as_object())
      at_pointer(encoded.value, pointer) = Value::unknown(text_of(source));
  }
  if (!encoded.sensitive.is_null()) {
    if (!encoded.sensitive.is_list())
      throw std::invalid_argument("\"s\" of an encoded value is no list");
    for (const Value& pointer : encoded.sensitive.as_list())
      at_pointer(encoded.value, text_of(pointer)).mark_sensitive();
  }
}

std::string dump(const nlohmann::json& json) {
  try {
    return json.dump();
  } catch (const nlohmann::json::exception&) {
    throw Failure(
        make_error("value cannot be recorded",
                   "A value holds bytes that are not UTF-8 text. Nothing was changed by this step.",
                   "To fix it, keep such bytes as base64."));
  }
}

/// Cuts the sensitive parts out of `value`: null is left in their place, and `sealed` gets them by
/// pointer.
void seal_parts(Value& value, std::string& pointer, Sealer& sealer, const Cell& cell,
                nlohmann::json& sealed) {
  if (value.sensitive()) {
    const Cell part{cell.table, cell.column, cell.row, pointer};
    sealed[pointer] = to_base64(sealer.seal(dump(encode_value(value)), part));
    value = Value().mark_sensitive();
    return;
  }
  const std::size_t length = pointer.size();
  if (value.is_object()) {
    for (auto& [name, member] : value.as_object()) {
      add_step(pointer, name);
      seal_parts(member, pointer, sealer, cell, sealed);
      pointer.resize(length);
    }
  } else if (value.is_list()) {
    for (std::size_t i = 0; i < value.as_list().size(); ++i) {
      add_step(pointer, std::to_string(i));
      seal_parts(value.as_list()[i], pointer, sealer, cell, sealed);
      pointer.resize(length);
    }
  }
}

}  // namespace

Value parse_encoded(std::string_view text) {
  Encoded encoded = parse(text);
  apply_marks(encoded);
  return std::move(encoded.value);
}

std::string write_value(const Value& value, Sealer& sealer, const Cell& cell) {
  if (!value.contains_sensitive()) return dump(encode_value(value));
  Value readable = value;
  std::string pointer;
  nlohmann::json sealed = nlohmann::json::object();
  seal_parts(readable, pointer, sealer, cell, sealed);
  nlohmann::json encoded = encode_value(readable);
  encoded[std::string(kSealed)] = std::move(sealed);
  return dump(encoded);
}

Value read_value(std::string_view text, Sealer& sealer, const Cell& cell) {
  Encoded encoded = parse(text);
  apply_marks(encoded);
  if (encoded.sealed.is_null()) return std::move(encoded.value);
  if (!encoded.sealed.is_object())
    throw std::invalid_argument("\"sealed\" of an encoded value is no object");
  for (const auto& [pointer, blob] : encoded.sealed.as_object()) {
    const auto bytes = from_base64(text_of(blob));
    const auto plain =
        bytes ? sealer.open(*bytes, {cell.table, cell.column, cell.row, pointer}) : std::nullopt;
    if (!plain)
      throw std::invalid_argument("a sealed part was changed, or belongs to another place");
    at_pointer(encoded.value, pointer) = parse_encoded(*plain);
  }
  return std::move(encoded.value);
}

std::optional<std::string> seal_value(const Value& value, Sealer& sealer, const Cell& cell) {
  if (value.is_null() && !value.sensitive()) return std::nullopt;
  return sealer.seal(dump(encode_value(value)), cell);
}

Value open_value(std::string_view sealed, Sealer& sealer, const Cell& cell) {
  const auto plain = sealer.open(sealed, cell);
  if (!plain)
    throw std::invalid_argument("a sealed value was changed, or belongs to another place");
  return parse_encoded(*plain);
}

}  // namespace crosstie::state_file
