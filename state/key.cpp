#include "state/key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/model/diagnostic.hpp"
#include "engine/model/secret.hpp"
#include "state/failure.hpp"
#include "state/seal.hpp"
#include "state/sqlite_store.hpp"

namespace crosstie::state_file {
namespace {

/// 32 bytes as base64, a newline, and room for a stray blank.
constexpr std::size_t kKeyFileBytesMax = 256;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string reason() { return std::strerror(errno); }

Secret decode_key(std::string_view text, const std::string& where) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  const auto bytes = from_base64(text);
  if (bytes && bytes->size() == kKeyBytes) return Secret(*bytes);
  throw Failure(make_error(
      "sealing key is not valid",
      where + " must hold base64 of exactly " + std::to_string(kKeyBytes) +
          " bytes. The state was not opened and not changed.",
      "To fix it, give the key that this state was made with. A key for a new state is made by:\n"
      "  head -c 32 /dev/urandom | base64"));
}

Failure unusable(const std::filesystem::path& path, const std::string& what) {
  const bool full = errno == ENOSPC || errno == EDQUOT;
  return Failure(
      make_error("sealing key cannot be stored",
                 path.string() + " " + what + ": " + reason() + ". No state was made.",
                 full ? "To fix it, free space on that disk, then run the command again."
                      : "To fix it, make that folder writable for you, or give a key yourself in "
                        "CROSSTIE_STATE_KEY (base64 of 32 bytes)."));
}

}  // namespace

std::filesystem::path key_file(const KeySource& source, const std::string& lineage) {
  return source.key_folder / (lineage + ".key");
}

Secret load_key(const KeySource& source, const std::string& lineage) {
  if (!source.given.empty()) return decode_key(source.given.reveal(), "CROSSTIE_STATE_KEY");
  const std::filesystem::path path = key_file(source, lineage);
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
    throw Failure(make_error("sealing key is missing",
                             "The state is sealed with a key that should be in " + path.string() +
                                 ", which cannot be read: " + reason() +
                                 ". The state was not opened and not changed.",
                             "To fix it, put that file back from the machine where the state was "
                             "made, or give the key in "
                             "CROSSTIE_STATE_KEY (base64 of 32 bytes)."));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    throw Failure(make_error(
        "sealing key can be read by others",
        path.string() + " is open to other users of this machine. The state was not opened and not "
                        "changed.",
        "To fix it, run:\n  chmod 600 " + path.string()));
  std::string text(kKeyFileBytesMax, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  const std::string_view content =
      std::string_view(text).substr(0, size > 0 ? static_cast<std::size_t>(size) : 0);
  return decode_key(content, path.string());
}

Secret make_key(const KeySource& source, const std::string& lineage) {
  if (!source.given.empty()) return decode_key(source.given.reveal(), "CROSSTIE_STATE_KEY");
  make_private_folder(source.key_folder, "the sealing key");
  const std::filesystem::path path = key_file(source, lineage);
  Secret key(secure_random(kKeyBytes));
  const Secret text(to_base64(key.reveal()) + "\n");
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) throw unusable(path, "cannot be made");
  const ssize_t written = ::write(file.get(), text.reveal().data(), text.size());
  if (written != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0) {
    const Failure failure = unusable(path, "cannot be written");
    ::unlink(path.c_str());
    throw failure;
  }
  sync_folder(source.key_folder);
  return key;
}

void discard_key(const KeySource& source, const std::string& lineage) {
  if (source.given.empty()) ::unlink(key_file(source, lineage).c_str());
}

void make_private_folder(const std::filesystem::path& folder, const std::string& what_for) {
  if (folder.empty() || ::access(folder.c_str(), F_OK) == 0) return;
  make_private_folder(folder.parent_path(), what_for);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    throw Failure(make_error("folder for the state cannot be made",
                             "The folder " + folder.string() + " for " + what_for +
                                 " cannot be made: " + reason() + ". Nothing was changed.",
                             "To fix it, make the folder above it writable for you."));
}

void sync_folder(const std::filesystem::path& folder) {
  const File file(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A file system that cannot sync a folder loses the name in a power cut; it has nothing better to
  // offer.
  if (file.get() >= 0) (void)::fsync(file.get());
}

}  // namespace crosstie::state_file
