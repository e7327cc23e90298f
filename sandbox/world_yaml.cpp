#include "sandbox/world_yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "sandbox/text.hpp"
#include "sandbox/world_parse.hpp"

namespace crosstie::sandbox {
using nlohmann::json;
namespace {

std::string in_quotes(const std::string& text) { return "\"" + text + "\""; }

/// Plain scalars by the core schema (YAML 1.2.2, 10.3.2); a quoted scalar is always a string.
json scalar_to_json(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return text;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole);
      read.ec == std::errc{} && read.ptr == end) {
    return whole;
  }
  double number = 0;
  if (const auto read = std::from_chars(text.data(), end, number);
      read.ec == std::errc{} && read.ptr == end && std::isfinite(number)) {
    return number;
  }
  return text;
}

/// Notes where each document begins, and nothing else.
class Documents final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { begin = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
  YAML::Mark begin;
};

/// Not by YAML::LoadAll: yaml-cpp 0.7 gives the same empty document without end for some texts.
std::optional<YAML::Mark> second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Documents documents;
  if (!parser.HandleNextDocument(documents)) return std::nullopt;
  const YAML::Mark first = documents.begin;
  if (!parser.HandleNextDocument(documents)) return std::nullopt;
  if (documents.begin.pos == first.pos) throw YAML::ParserException(first, "no value begins here");
  return documents.begin;
}

std::string explain(std::string_view text, const YAML::Exception& error) {
  std::string reason = error.msg;
  if (!reason.empty()) reason[0] = static_cast<char>(std::toupper(reason[0]));
  std::size_t begin = 0;
  for (int line = 0; line < error.mark.line && begin != std::string_view::npos; ++line) {
    begin = text.find('\n', begin);
    if (begin != std::string_view::npos) ++begin;
  }
  const std::size_t first =
      begin == std::string_view::npos ? begin : text.find_first_not_of(' ', begin);
  if (first != std::string_view::npos && text[first] == '\t')
    return reason + ".\nThe line is indented with a tab; YAML allows only spaces.";
  if (error.msg.find("flow not found") != std::string::npos)
    return reason + ".\nA `[` or `{` is never closed, or a comma is missing before this place.";
  return reason + ".";
}

/// The first byte that is NUL or no UTF-8, npos when there is none; names end up in JSON.
std::size_t bad_byte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first == 0 || (first >= 0x80 && first < 0xC2) || first > 0xF4) return at;
    for (std::size_t i = 1; i < length; ++i)
      if (at + i >= text.size() || (static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80)
        return at;
    if (length > 2) {  // no overlong forms, no surrogates, nothing above U+10FFFF
      const auto second = static_cast<unsigned char>(text[at + 1]);
      if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
          (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
        return at;
    }
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace

std::string kind_of(const YAML::Node& node) {
  if (node.IsSequence()) return "a list";
  if (node.IsMap()) return "a mapping";
  if (node.IsScalar()) return "a single value";
  return "nothing";
}

void WorldReader::fail(const YAML::Mark& mark, std::string summary, std::string explanation) {
  if (errors_.size() >= kWorldErrorsMax) return;
  errors_.push_back({file_, std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1,
                     std::move(summary), std::move(explanation)});
}

std::optional<YAML::Node> WorldReader::load(std::string_view text) {
  if (text.size() > kWorldBytesMax) {
    fail({}, "world file is too large",
         "It has " + std::to_string(text.size()) + " bytes; " + std::to_string(kWorldBytesMax) +
             " are allowed.");
    return std::nullopt;
  }
  if (const std::size_t bad = bad_byte(text); bad != std::string_view::npos) {
    YAML::Mark mark;
    mark.line = static_cast<int>(
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n'));
    const std::size_t line_end = text.rfind('\n', bad);
    mark.column = static_cast<int>(line_end == std::string_view::npos ? bad : bad - line_end - 1);
    fail(mark, "world file is not UTF-8 text",
         "Here stands a byte that is none. Save the file as UTF-8.");
    return std::nullopt;
  }
  try {
    if (const auto second = second_document(std::string(text))) {
      fail(*second, "more than one YAML document",
           "A world file is one document. Remove the line `---` and join the parts.");
      return std::nullopt;
    }
    YAML::Node document = YAML::Load(std::string(text));
    if (!within_limits(document, 0)) return std::nullopt;
    return document;
  } catch (const YAML::Exception& error) {
    fail(error.mark, "YAML cannot be read", explain(text, error));
    return std::nullopt;
  }
}

bool WorldReader::within_limits(const YAML::Node& node, int depth) {
  if (depth > kWorldDepthMax) {
    fail(node.Mark(), "YAML is nested too deeply",
         "At most " + std::to_string(kWorldDepthMax) +
             " levels are allowed; an alias that contains itself also counts as this.");
    return false;
  }
  if (++nodes_ > kWorldNodesMax) {
    fail(node.Mark(), "YAML holds too many values",
         "At most " + std::to_string(kWorldNodesMax) +
             " are allowed, where an alias counts as often as it is used.");
    return false;
  }
  if (node.IsSequence()) {
    return std::all_of(node.begin(), node.end(),
                       [&](const auto& item) { return within_limits(item, depth + 1); });
  }
  if (node.IsMap()) {
    return std::all_of(node.begin(), node.end(), [&](const auto& entry) {
      return within_limits(entry.first, depth + 1) && within_limits(entry.second, depth + 1);
    });
  }
  return true;
}

void WorldReader::read_mapping(const YAML::Node& node, const std::string& what,
                               const KeyReaders& readers) {
  if (!node.IsMap()) {
    fail(node.Mark(), "wrong type",
         "Here stands " + kind_of(node) + "; " + what + " is a mapping.");
    return;
  }
  std::vector<std::string> known;
  for (const auto& [key, read] : readers) known.push_back(key);
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      fail(entry.first.Mark(), "key is not a single value",
           "The keys of " + what + " are " + join_words(known) + ".");
      continue;
    }
    const std::string& key = entry.first.Scalar();
    const auto found = std::find_if(readers.begin(), readers.end(),
                                    [&](const auto& reader) { return reader.first == key; });
    if (found == readers.end()) {
      std::string text =
          in_quotes(key) + " is not a key of " + what + "; known are " + join_words(known) + ".";
      const std::string near = closest(key, known);
      if (!near.empty()) text += "\nDid you mean " + in_quotes(near) + "?";
      fail(entry.first.Mark(), "unknown key", std::move(text));
    } else if (!seen.insert(key).second) {
      fail(entry.first.Mark(), "duplicate key",
           in_quotes(key) + " stands twice in the same mapping. Remove one of them.");
    } else if (!entry.second.IsNull()) {
      found->second(entry.second);  // an empty value means the default
    }
  }
}

void WorldReader::read_list(const YAML::Node& node, const std::string& what, std::size_t items_max,
                            const std::function<void(const YAML::Node&)>& read) {
  if (!node.IsSequence()) {
    fail(node.Mark(), "wrong type", "Here stands " + kind_of(node) + "; " + what + " is a list.");
    return;
  }
  if (node.size() > items_max) {
    fail(node.Mark(), "list is too long",
         in_quotes(what) + " has " + std::to_string(node.size()) + " entries; " +
             std::to_string(items_max) + " are allowed.");
    return;
  }
  for (const auto& item : node) read(item);
}

std::string WorldReader::read_text(const YAML::Node& node, const std::string& key) {
  if (node.IsScalar()) return node.Scalar();
  fail(node.Mark(), "wrong type",
       "Here stands " + kind_of(node) + "; " + in_quotes(key) + " is a text.");
  return {};
}

int WorldReader::read_integer(const YAML::Node& node, const std::string& key, int min, int max) {
  int value = 0;
  if (node.IsScalar() && node.Tag() != "!") {
    const std::string& text = node.Scalar();
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec == std::errc{} && read.ptr == end && value >= min && value <= max) return value;
  }
  fail(node.Mark(), node.IsScalar() ? "value out of range" : "wrong type",
       in_quotes(key) + " is a whole number from " + std::to_string(min) + " to " +
           std::to_string(max) + ".");
  return min;
}

std::string WorldReader::read_json_object(const YAML::Node& node, const std::string& key) {
  if (!node.IsMap()) {
    fail(node.Mark(), "wrong type",
         "Here stands " + kind_of(node) + "; " + in_quotes(key) + " is a mapping.");
    return {};
  }
  return to_json(node).dump();
}

json WorldReader::to_json(const YAML::Node& node) {
  if (node.IsScalar()) return scalar_to_json(node);
  if (node.IsSequence()) {
    json list = json::array();
    for (const auto& item : node) list.push_back(to_json(item));
    return list;
  }
  if (!node.IsMap()) return nullptr;
  json object = json::object();
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      fail(entry.first.Mark(), "key is not a single value", "A key is a text.");
    } else if (object.contains(entry.first.Scalar())) {
      fail(entry.first.Mark(), "duplicate key",
           in_quotes(entry.first.Scalar()) +
               " stands twice in the same mapping. Remove one of them.");
    } else {
      object[entry.first.Scalar()] = to_json(entry.second);
    }
  }
  return object;
}

std::vector<WorldError> WorldReader::take_errors() {
  std::stable_sort(errors_.begin(), errors_.end(), [](const WorldError& a, const WorldError& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return std::move(errors_);
}

}  // namespace crosstie::sandbox
