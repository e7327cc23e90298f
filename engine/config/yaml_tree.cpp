#include "engine/config/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <istream>
#include <limits>
#include <memory>
#include <streambuf>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/config/source.hpp"
#include "engine/config/template.hpp"  // IWYU pragma: keep (destroyed here)
#include "engine/config/yaml_scalar.hpp"
#include "engine/model/diagnostic.hpp"

namespace crosstie::config {
namespace {

/// Leaves yaml-cpp's parser; its handlers have no other way to end early. Caught in parse_yaml.
struct Stop {
  Diagnostic reason;
};

class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string& text) {
    setg(text.data(), text.data(), text.data() + text.size());
  }
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Document& document, Diagnostics& errors) : document_(document), errors_(errors) {}

  void OnDocumentStart(const YAML::Mark&) override { ++documents_; }
  void OnDocumentEnd() override {
    // yaml-cpp 0.7 takes the end of the file for the end of a quoted text.
    if (last_quoted_ != nullptr && !is_closed(*last_quoted_))
      throw Stop{make_error("YAML is not well-formed", "A quote is never closed.",
                            "To fix it, close it.", last_quoted_->where.range())};
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (extra_document()) return;
    // `null: {}` is the connection of the provider null, not a mapping without a name.
    if (wants_key() && document_.file.line(mark.line + 1)
                           .substr(static_cast<std::size_t>(mark.column))
                           .starts_with("null"))
      return take_key(mark, "null");
    refuse_key(mark, "nothing");
    Node& node = add(mark, 1);
    node.weight = 1;
    remember(anchor, node);
    attach(node);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_key(mark, "an alias");
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end() || found->second->weight == 0)
      throw Stop{make_error(
          "an alias refers to itself",
          "The alias stands inside the value that its anchor names, so the value would never end.",
          "To fix it, write the value out.", place(mark, 1).range())};
    alias_nodes_ += found->second->weight;
    if (alias_nodes_ > kAliasNodesMax)
      throw Stop{make_error("aliases expand to too much",
                            "The aliases of this file add more than " +
                                std::to_string(kAliasNodesMax) + " values to it.",
                            "To fix it, use fewer aliases, or `locals` and for_each.",
                            place(mark, 1).range())};
    attach(*found->second, place(mark, 1));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (extra_document()) refuse_document(mark);
    if (wants_key()) return take_key(mark, value);
    Node& node = add(mark, static_cast<int>(std::min<std::size_t>(value.size(), 4096)));
    node.text = store(value);
    node.weight = 1;
    node.kind = NodeKind::string;
    const bool plain =
        tag == "?" || (tag.starts_with("tag:yaml.org,2002:") && !tag.ends_with(":str"));
    if (plain) {
      read_plain_scalar(node);
    } else {
      if (tag == "!") node.where.length += 2;
      check_tag(tag, node.where);
    }
    node.templated = value.find("${") != std::string::npos;
    if (!plain) last_quoted_ = &node;
    remember(anchor, node);
    attach(node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node* node;
    bool has_key = false;
    std::string_view key;
    Place key_place;
    std::unordered_map<std::string_view, Place> many;  // keys seen, once there are many
  };
  static constexpr std::size_t kFewKeys = 16;

  Place place(const YAML::Mark& mark, int length) const {
    return {&document_.file, mark.line + 1, mark.column + 1, length};
  }
  Node& add(const YAML::Mark& mark, int length) {
    Node& node = document_.nodes.emplace_back();
    node.where = place(mark, length);
    return node;
  }
  std::string_view store(const std::string& text) {
    if (text.empty()) return {};
    char* memory = static_cast<char*>(document_.texts.allocate(text.size(), 1));
    std::copy(text.begin(), text.end(), memory);
    return {memory, text.size()};
  }
  bool extra_document() const { return documents_ > 1; }
  bool wants_key() const {
    return !open_.empty() && open_.back().node->is_mapping() && !open_.back().has_key;
  }

  [[noreturn]] void refuse_document(const YAML::Mark& mark) const {
    throw Stop{make_error("more than one document in a file", "A second YAML document begins here.",
                          "To fix it, put each document into a file of its own.",
                          place(mark, 1).range())};
  }
  void refuse_key(const YAML::Mark& mark, std::string_view what) const {
    if (!wants_key()) return;
    throw Stop{make_error("key is not text", "The key of a mapping is " + std::string(what) + ".",
                          "To fix it, write the key as a word or in quotes.",
                          place(mark, 1).range())};
  }
  void check_tag(const std::string& tag, const Place& where) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    errors_.push_back(make_error("YAML tag is not supported",
                                 "The tag `" + tag + "` has no meaning here.",
                                 "To fix it, take the tag away.", where.range()));
  }
  void remember(YAML::anchor_t anchor, Node& node) {
    if (anchor != 0) anchors_[anchor] = &node;
  }

  void read_plain_scalar(Node& node) {
    const ScalarReading reading = read_plain(node.text);
    node.kind = reading.kind;
    if (reading.problem.empty()) return;
    const std::string text(node.text);
    if (reading.problem == "leading zero")
      errors_.push_back(make_error(
          "number with a leading zero",
          "`" + text + "` is octal to some readers of YAML and decimal to others.",
          "To fix it, write \"" + text + "\" for text, or 0o" +
              std::string(
                  node.text.substr(node.text.find_first_not_of("+-0") == std::string_view::npos
                                       ? node.text.size() - 1
                                       : node.text.find_first_not_of("+-0"))) +
              " for an octal number.",
          node.where.range()));
    else
      errors_.push_back(
          make_error("number is too large", "`" + text + "` does not fit into 64 bits.",
                     "To fix it, write it in quotes when it is text.", node.where.range()));
  }

  void take_key(const YAML::Mark& mark, const std::string& key) {
    Open& top = open_.back();
    top.key_place = place(mark, static_cast<int>(std::clamp<std::size_t>(key.size(), 1, 4096)));
    if (key == "<<")
      throw Stop{make_error(
          "YAML merge key is not supported", "`<<` would be a member of that name.",
          "To fix it, write the members out, or use the function merge().", top.key_place.range())};
    top.key = store(key);
    top.has_key = true;
    const Place* first = seen(top);
    if (first == nullptr) return;
    errors_.push_back(make_error("key is written twice",
                                 "`" + key + "` is written at line " + std::to_string(first->line) +
                                     " already; only one of the two can count.",
                                 "To fix it, remove or rename one of them.",
                                 top.key_place.range()));
  }

  /// Where the key stands already; remembers it otherwise.
  const Place* seen(Open& top) const {
    const std::vector<Entry>& entries = top.node->entries;
    if (entries.size() < kFewKeys) {
      for (const Entry& entry : entries)
        if (entry.key == top.key) return &entry.where;
      return nullptr;
    }
    if (top.many.empty())
      for (const Entry& entry : entries) top.many.emplace(entry.key, entry.where);
    const auto [found, added] = top.many.emplace(top.key, top.key_place);
    return added ? nullptr : &found->second;
  }

  void attach(const Node& node) { attach(node, node.where); }
  void attach(const Node& node, const Place& where) {
    if (open_.empty()) {
      document_.root = &node;
      return;
    }
    Open& top = open_.back();
    top.has_key ? top.node->entries.push_back({top.key, top.key_place, &node})
                : top.node->entries.push_back({{}, where, &node});
    top.has_key = false;
    if (node.weight != 0) absorb(*top.node, node);
  }
  static void absorb(Node& parent, const Node& child) { parent.templated |= child.templated; }

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (extra_document()) refuse_document(mark);
    refuse_key(mark, kind == NodeKind::mapping ? "a mapping" : "a list");
    if (open_.size() >= static_cast<std::size_t>(kYamlDepthMax))
      throw Stop{make_error("file is nested too deeply",
                            "Values stand in one another more than " +
                                std::to_string(kYamlDepthMax) + " levels deep.",
                            "To fix it, make the nesting flatter.", place(mark, 1).range())};
    Node& node = add(mark, 1);
    node.kind = kind;
    check_tag(tag, node.where);
    remember(anchor, node);
    attach(node);
    open_.push_back({&node, false, {}, {}, {}});
  }

  void close() {
    Node& node = *open_.back().node;
    std::size_t weight = 1;
    for (const Entry& entry : node.entries) weight += entry.value->weight;
    node.weight = static_cast<std::uint32_t>(
        std::min<std::size_t>(weight, std::numeric_limits<std::uint32_t>::max()));
    open_.pop_back();
    if (!open_.empty()) absorb(*open_.back().node, node);
  }

  Document& document_;
  Diagnostics& errors_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Node*> anchors_;
  std::size_t alias_nodes_ = 0;
  int documents_ = 0;
  const Node* last_quoted_ = nullptr;
};

struct Explanation {
  std::string_view message;  // yaml-cpp 0.7, exceptions.h
  std::string_view detail;
  std::string_view fix;
};
constexpr Explanation kExplanations[] = {
    {"end of map not found",
     "The indentation of this line fits none of the lines above, or a `:` is missing.",
     "To fix it, indent the line like its neighbours."},
    {"end of sequence not found", "The indentation of this line fits no list above it.",
     "To fix it, indent the line like its neighbours."},
    {"end of map flow not found", "A `{` is never closed, or a comma is missing before this place.",
     "To fix it, close it with `}`."},
    {"end of sequence flow not found",
     "A `[` is never closed, or a comma is missing before this place.",
     "To fix it, close it with `]`."},
    {"illegal map value", "A `:` stands where no key can be.",
     "To fix it, put text that holds `: ` into quotes."},
    {"illegal EOF in scalar", "A quote is never closed.", "To fix it, close it."},
    {"the referenced anchor is not defined", "No anchor of that name stands before this alias.",
     "To fix it, define the anchor with `&name`, or put text that begins with `*` into quotes."},
    {"illegal flow end", "A `}` or `]` stands here that nothing before it opened.",
     "To fix it, take it away, or put the text into quotes."},
    {"illegal block entry", "A `- ` stands where no item of a list can be.",
     "To fix it, indent it like the other items, or put text that begins with `- ` into quotes."},
    {"illegal map key", "A `? ` stands where no key can be.",
     "To fix it, put text that begins with `? ` into quotes."},
    {"unknown token", "No value can begin with `%`, `@` or `` ` ``.",
     "To fix it, put the text into quotes."},
    {"illegal document indicator in scalar", "A document begins or ends inside a quoted text.",
     "To fix it, close the quote before it."},
};

bool begins_with_tab(std::string_view line) {
  const std::size_t at = line.find_first_not_of(' ');
  return at != std::string_view::npos && line[at] == '\t';
}

Diagnostic explain(const SourceFile& file, const YAML::Exception& error) {
  const int line = error.mark.line < 0 ? 1 : error.mark.line + 1;
  const int column = error.mark.column < 0 ? 1 : error.mark.column + 1;
  for (int near = line; near >= 1 && near >= line - 1; --near) {
    const std::string_view text = file.line(near);
    if (begins_with_tab(text))
      return make_error("line is indented with a tab", "YAML allows only spaces for indentation.",
                        "To fix it, replace the tab by spaces.",
                        Place{&file, near, static_cast<int>(text.find('\t')) + 1, 1}.range());
  }
  if (error.msg.starts_with("unknown escape character") ||
      error.msg == "bad character found while scanning hex number" ||
      error.msg == "invalid unicode") {
    // The reader has gone on a little when it sees the mistake.
    int at = line;
    while (at > 1 && file.line(at).find('\\') == std::string_view::npos) --at;
    const std::size_t backslash = file.line(at).find('\\');
    const int from = backslash == std::string_view::npos ? 1 : static_cast<int>(backslash) + 1;
    return make_error("YAML is not well-formed",
                      "A `\\` between double quotes begins an escape, and YAML knows none of this "
                      "form.",
                      "To fix it, write `\\\\` for a backslash, or use single quotes.",
                      Place{&file, at, from, 2}.range());
  }
  const SourceRange where = Place{&file, line, column, 1}.range();
  const std::size_t indentation = file.line(line).find_first_not_of(' ');
  if (error.msg == "end of map not found" && indentation != std::string_view::npos &&
      column > static_cast<int>(indentation) + 1)
    return make_error("YAML is not well-formed",
                      "Something stands here that belongs to no key: the value before it is at its "
                      "end, or a `:` is missing.",
                      "To fix it, put the whole value into one pair of quotes.", where);
  for (const Explanation& known : kExplanations)
    if (error.msg == known.message)
      return make_error("YAML is not well-formed", std::string(known.detail),
                        std::string(known.fix), where);
  return make_error("YAML is not well-formed", "The reader of YAML says: " + error.msg + ".", "",
                    where);
}

std::string describe_byte(std::string_view text, std::size_t at) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(text[at]);
  if (at == 0 && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")))
    return "The file begins like UTF-16.";
  const std::string shown = std::string("0x") + kHex[byte >> 4] + kHex[byte & 15];
  if (byte == 0) return "Here stands a NUL byte.";
  if (byte < 0x80) return "Here stands the control character " + shown + ".";
  return "Here stands the byte " + shown + ", which is no UTF-8 in this place.";
}

bool check_text(Document& document, Diagnostics& errors) {
  const SourceFile& file = document.file;
  if (file.text.size() > kFileBytesMax) {
    errors.push_back(make_error("file is too large",
                                file.name + " has " + std::to_string(file.text.size()) +
                                    " bytes; at most " + std::to_string(kFileBytesMax) +
                                    " are read.",
                                "To fix it, split it into several files of the folder."));
    return false;
  }
  const std::size_t bad = find_bad_byte(file.text);
  if (bad == std::string::npos) return true;
  SourceRange where = place_at(file, bad, 1).range();
  where.line_text.clear();
  errors.push_back(make_error("file is not plain UTF-8 text", describe_byte(file.text, bad),
                              "To fix it, save the file as UTF-8 text.", std::move(where)));
  return false;
}

}  // namespace

Document::Document(SourceFile source) : file(std::move(source)) {}
Document::~Document() = default;

const Entry* Node::find(std::string_view key) const {
  if (kind != NodeKind::mapping) return nullptr;
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

std::shared_ptr<Document> parse_yaml(std::string name, std::string text, Diagnostics& errors) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  auto document = std::make_shared<Document>(SourceFile(std::move(name), std::move(text)));
  if (!check_text(*document, errors)) return document;
  ViewBuffer buffer(document->file.text);
  std::istream stream(&buffer);
  TreeBuilder builder(*document, errors);
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
  } catch (const Stop& stop) {
    errors.push_back(stop.reason);
    document->root = nullptr;
  } catch (const YAML::Exception& error) {
    errors.push_back(explain(document->file, error));
    document->root = nullptr;
  }
  return document;
}

}  // namespace crosstie::config
