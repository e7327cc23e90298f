#include <ctime>

#include "tests/engine/config/support.hpp"

namespace crosstie {
namespace {

std::string large(int count) {
  std::string text = "crosstie: 1\nresources:\n";
  for (int i = 0; i < count; ++i) {
    text += "  r" + std::to_string(i) +
            ":\n    type: null.thing\n    number: " + std::to_string(i) + "\n";
    text += i == 0 ? "    text: first\n"
                   : "    text: \"${resource.r" + std::to_string(i / 2) + ".id}\"\n";
  }
  return text;
}

double seconds(const std::string& text) {
  const Folder folder;
  folder.write("a.yaml", text);
  const LoadOptions options = options_for(folder);
  const std::clock_t begin = std::clock();  // of the processor: other programs do not count
  const auto result = load_configuration(options, catalog());
  EXPECT_TRUE(result.ok());
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

/// Ten times the resources may take no more than about ten times the time; a square would show as a
/// hundred.
TEST(Performance, the_time_to_load_grows_in_step_with_the_resources) {
  const double small = std::min(seconds(large(1000)), seconds(large(1000)));
  const double big = seconds(large(10000));
  RecordProperty("small_ms", static_cast<int>(small * 1000));
  RecordProperty("big_ms", static_cast<int>(big * 1000));
  EXPECT_LT(big, small * 40 + 0.2);
}

}  // namespace
}  // namespace crosstie
