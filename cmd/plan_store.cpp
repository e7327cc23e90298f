// Saved plans on disk: sealed with the state's key, because a plan holds what the state holds.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "cmd/runner.hpp"
#include "cmd/session.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/plan_file.hpp"

namespace crosstie {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kMagicWord = "crosstie-plan ";
constexpr std::string_view kMagic = "crosstie-plan 1\n";
constexpr std::uintmax_t kPlanBytesMax = std::uintmax_t{1} << 30;

std::string read_whole(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Diagnostic not_a_plan(const std::string& file, const std::string& why) {
  return make_error("plan file cannot be used", file + " " + why + ".",
                    "Make a new plan:\n  crosstie plan -out FILE");
}

}  // namespace

std::string configuration_digest(const std::string& folder) {
  std::map<std::string, fs::path> files;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".yaml" || extension == ".yml")
      files.emplace(entry.path().filename().string(), entry.path());
  }
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (const auto& [name, path] : files) {
    const std::string text = read_whole(path);
    const std::string head = name + '\0' + std::to_string(text.size()) + '\0';
    EVP_DigestUpdate(context, head.data(), head.size());
    EVP_DigestUpdate(context, text.data(), text.size());
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(context, digest.data(), &size);
  EVP_MD_CTX_free(context);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    std::array<char, 3> two{};
    std::snprintf(two.data(), two.size(), "%02x", digest[i]);
    hex += two.data();
  }
  return hex;
}

Result<void> save_plan(Session& session, const SavedPlan& saved, const std::string& file) {
  Result<std::string> sealed = session.store->seal(write_plan(saved), "plan");
  if (!sealed) return sealed.failure();
  const std::string text = std::string(kMagic) + *sealed;
  const std::string beside = file + ".tmp" + std::to_string(getpid());
  const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool written =
      descriptor >= 0 &&
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  written = written && std::rename(beside.c_str(), file.c_str()) == 0;
  if (written) return {};
  const std::string why = std::generic_category().message(errno);
  ::unlink(beside.c_str());
  return make_error("plan cannot be written",
                    "Writing " + file + " failed: " + why + ". No plan was saved.",
                    "Name another file with -out.");
}

Result<SavedPlan> open_plan(Session& session, const std::string& file) {
  std::error_code failed;
  const std::uintmax_t size = fs::file_size(file, failed);
  if (failed) return not_a_plan(file, "cannot be read: " + failed.message());
  if (size > kPlanBytesMax) return not_a_plan(file, "is too large to be a plan");
  const std::string text = read_whole(file);
  if (text.empty()) return not_a_plan(file, "is empty");
  if (!text.starts_with(kMagic))
    return not_a_plan(file, text.starts_with(kMagicWord)
                                ? "was saved by another version of crosstie, in another format"
                                : "is no crosstie plan");
  const Result<std::string> plain = session.store->unseal(text.substr(kMagic.size()), "plan");
  if (!plain)
    return not_a_plan(file,
                      "was not sealed with this state's key, or was changed or cut off since");
  return read_plan(*plain);
}

}  // namespace crosstie
