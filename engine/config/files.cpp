#include "engine/config/files.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <system_error>
#include <utility>

namespace crosstie::config {

FileText read_text_file(const std::filesystem::path& path, std::size_t bytes_max) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return {{}, "there is no such file"};
  // A pipe or device could block or never end.
  if (!std::filesystem::is_regular_file(status)) return {{}, "it is no regular file"};
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > bytes_max)
    return {{}, "it has more than " + std::to_string(bytes_max) + " bytes"};
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string text(error ? 0 : size, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream) return {{}, errno != 0 ? std::strerror(errno) : "it cannot be read"};
  return {std::move(text), {}};
}

}  // namespace crosstie::config
