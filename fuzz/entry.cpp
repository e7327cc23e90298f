// The entry of one libFuzzer program; the build names the target.
#include <cstddef>
#include <cstdint>

#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  crosstie::fuzz::CROSSTIE_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
