// The state on this machine: its disk, its file, its clock.
#include "tests/faults/fault_case.hpp"

namespace crosstie::testing {
namespace {

std::filesystem::path state_file(const Stage& stage) {
  return stage.project.folder() / ".crosstie" / "state.db";
}

/// A run that did a part of the link, so that there is a state to break.
void apply_a_part(Stage& stage) {
  const Outcome part = stage.project.run({"apply", "-auto-approve", "-target=link.logs.trust"});
  ASSERT_EQ(part.code, 0) << part.all();
}

/// Overwrites bytes of the state file, and keeps the good ones beside it.
std::function<void(Stage&)> breaks_the_file(std::size_t at, const std::string& bytes) {
  return [=](Stage& stage) {
    apply_a_part(stage);
    const std::filesystem::path file = state_file(stage);
    std::filesystem::copy_file(file, stage.project.folder() / "backup");
    std::fstream state(file, std::ios::binary | std::ios::in | std::ios::out);
    state.seekp(static_cast<std::streamoff>(at));
    state << bytes;
  };
}

void put_back_the_file(Stage& stage) {
  std::filesystem::rename(stage.project.folder() / "backup", state_file(stage));
}

void fill_the_disk(Stage& stage) {
  stage.preload();
  stage.switches->disk_full = 1;
}

/// The file's own format, four bytes in its header (SQLite: user_version).
constexpr std::size_t kFormatAt = 60;

}  // namespace

std::vector<FaultCase> state_faults() {
  return {{"disk_full", fill_the_disk},
          {"state_file_from_a_newer_version",
           breaks_the_file(kFormatAt, std::string("\0\0\0\x63", 4)), put_back_the_file},
          {"corrupted_state_file", breaks_the_file(4096, std::string(2048, '\x5a')),
           put_back_the_file}};
}

}  // namespace crosstie::testing
