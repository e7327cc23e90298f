#pragma once
// Reads the world file. yaml-cpp stays behind this header.
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/world.hpp"

namespace crosstie::sandbox {

inline constexpr std::size_t kWorldBytesMax = 1u << 20;
inline constexpr int kWorldNodesMax = 20'000;  // aliases count as often as they are used
inline constexpr int kWorldDepthMax = 50;
inline constexpr int kWorldErrorsMax = 50;
inline constexpr std::size_t kDeploymentsMax = 100;
inline constexpr std::size_t kEckClustersMax = 50;
inline constexpr std::size_t kNodeSetsMax = 20;  // a cluster
inline constexpr int kNodesMax = 50;             // a node set
inline constexpr int kZonesMax = 3;

struct WorldError {
  std::string file;
  int line = 1;  // from 1
  int column = 1;
  std::string summary;      // a fixed phrase
  std::string explanation;  // whole sentences, one a line
};

/// "file:line:col: error: summary" and the explanation, indented; ends with a line feed.
std::string format_world_error(const WorldError& error);

struct ParsedWorld {
  World world;
  std::vector<WorldError> errors;  // the world counts only when this is empty; ordered by position
};

/// All errors of the text in one go. Ids that the file leaves out stay empty.
ParsedWorld parse_world(std::string_view text, const std::string& file);
/// The same for a file; one that cannot be read is an error at 1:1.
ParsedWorld load_world(const std::filesystem::path& file);

}  // namespace crosstie::sandbox
