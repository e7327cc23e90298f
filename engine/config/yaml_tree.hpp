#pragma once
// YAML as the configuration reads it: a tree in which every node knows its place. yaml-cpp's events
// are put straight into it.
#include <deque>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/source.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/value.hpp"

namespace crosstie::config {

inline constexpr std::size_t kFileBytesMax = std::size_t{32} << 20;
inline constexpr int kYamlDepthMax = 64;
/// Nodes that aliases (`*name`) may add to a file, counted as often as they are used.
inline constexpr std::size_t kAliasNodesMax = 100'000;

struct Node;
struct Template;

/// A member of a mapping, or (with an empty key) an item of a sequence.
struct Entry {
  std::string_view key;
  Place where;  // of the key; of the value in a sequence
  const Node* value = nullptr;
};

enum class NodeKind : std::uint8_t { null, boolean, integer, real, string, sequence, mapping };

struct Node {
  NodeKind kind = NodeKind::null;
  bool templated = false;    // this scalar, or one below, holds `${`
  std::uint32_t weight = 0;  // nodes in this tree, aliases expanded; 0 while the node is being read
  Place where;
  std::string_view text;  // of a scalar, with quotes and escapes resolved
  std::vector<Entry> entries;
  const Template* parsed = nullptr;  // of a templated scalar, after compile_templates

  bool is_scalar() const { return kind < NodeKind::sequence; }
  bool is_mapping() const { return kind == NodeKind::mapping; }
  bool is_sequence() const { return kind == NodeKind::sequence; }
  const Entry* find(std::string_view key) const;
};

/// A file, its tree, and the memory of both. Documents are kept as long as the configuration lives.
struct Document {
  explicit Document(SourceFile source);
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  SourceFile file;
  std::deque<Node> nodes;
  std::pmr::monotonic_buffer_resource texts;
  std::vector<std::unique_ptr<const Template>> templates;
  const Node* root = nullptr;  // null pointer when the text is no YAML
};

/// Reads one YAML document. What is wrong is added to `errors`; `root` is set as far as the text
/// could be read.
std::shared_ptr<Document> parse_yaml(std::string name, std::string text, Diagnostics& errors);

/// Value of a tree with `${` taken as it stands.
Value to_value(const Node& node);
/// "a string", "a list", ... for messages.
std::string_view describe(const Node& node);

/// Place of `length` characters of the scalar's resolved text, found again in the source through
/// quotes, escapes and folded lines.
Place place_in(const Node& scalar, std::size_t begin, std::size_t length);

}  // namespace crosstie::config
