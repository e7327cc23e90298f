// What the cells of a state file hold: values with marks and sealed parts, lists of addresses,
// words.
#include "state/value_text.hpp"
#include "state/words.hpp"

#include "fuzz/targets.hpp"

namespace crosstie::fuzz {
namespace {

using namespace state_file;

constexpr Cell kCell{"resources", "desired", "resource.a"};

/// Runs `read`; text without meaning is refused by invalid_argument and by nothing else.
template <class Read>
void refusing(const Read& read) {
  try {
    read();
  } catch (const std::invalid_argument&) {
  }
}

bool same_marks(const Value& a, const Value& b) { return encode_value(a) == encode_value(b); }

}  // namespace

void state_row(std::string_view input) {
  static Sealer sealer(Secret(std::string(kKeyBytes, 'k')), "lineage");
  refusing([&] {
    const Value value = read_value(input, sealer, kCell);
    const std::string text = write_value(value, sealer, kCell);
    require(same_marks(read_value(text, sealer, kCell), value),
            "a value is read as it was written");
    if (const auto sealed = seal_value(value, sealer, kCell))
      require(same_marks(open_value(*sealed, sealer, kCell), value),
              "a sealed value opens as it was");
  });
  refusing([&] { (void)open_value(input, sealer, kCell); });
  // Behind the seal: what an older or a broken program may have sealed.
  refusing([&] { (void)open_value(sealer.seal(input, kCell), sealer, kCell); });
  refusing([&] {
    const auto addresses = read_addresses(input);
    require(read_addresses(write_addresses(addresses)) == addresses,
            "addresses are read as they were written");
  });
  refusing([&] {
    const ResourceAddress address = read_address(input);
    require(read_address(address.print()) == address, "an address is read as it is printed");
  });
  refusing([&] { (void)parse_operation_state(input); });
  if (const auto bytes = from_base64(input))
    require(from_base64(to_base64(*bytes)) == bytes, "base64 is read as it is written");
}

}  // namespace crosstie::fuzz
