#include "cmd/patch_writer.hpp"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ios>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>

#include "engine/environment.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "providers/patch_files.hpp"
#include "providers/provider.hpp"

namespace crosstie {
namespace {

std::string file_name(std::string address) {
  for (char& c : address)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-' && c != '_')
      c = '_';
  return address + ".yaml";
}

Result<void> write_file(const std::filesystem::path& file, const std::string& text) {
  std::error_code failed;
  std::filesystem::create_directories(file.parent_path(), failed);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  if (!failed && out) return {};
  return make_error("patch cannot be written", file.string() + " cannot be written.",
                    "To fix it, give -write-patches a folder that you may write to.");
}

}  // namespace

PatchWriters::PatchWriters(std::filesystem::path folder) : folder_(std::move(folder)) {}
PatchWriters::~PatchWriters() = default;

Environment PatchWriters::before(Environment environment) {
  std::function<Provider*(const std::string&)> inner = std::move(environment.provider);
  environment.provider = [this, inner](const std::string& connection) -> Provider* {
    Provider* provider = inner(connection);
    const auto known = by_connection_.find(connection);
    if (known != by_connection_.end()) return known->second ? known->second.get() : provider;
    PatchSink sink = [folder = folder_](const std::string& address,
                                        const std::string& yaml) -> Result<std::string> {
      const std::filesystem::path file = folder / file_name(address);
      const Result<void> kept = write_file(file, yaml);
      if (!kept) return kept.failure();
      return file.string();
    };
    std::unique_ptr<Provider>& writer = by_connection_[connection];
    writer = make_patch_writer(*provider, std::move(sink));
    return writer ? writer.get() : provider;
  };
  return environment;
}

}  // namespace crosstie
