#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/context.hpp"

namespace crosstie::sandbox {
namespace {

std::string draw(Ids& ids, std::string_view alphabet, std::size_t characters) {
  std::string text;
  text.reserve(characters);
  while (text.size() < characters) text.push_back(alphabet[ids.next() % alphabet.size()]);
  return text;
}

}  // namespace

Ids::Ids(std::uint64_t seed) : state_(seed) {}

// SplitMix64 (Steele, Lea, Flood 2014): one word of state, and every seed, also 0, gives a good
// sequence.
std::uint64_t Ids::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31);
}

std::string Ids::hex(std::size_t characters) { return draw(*this, "0123456789abcdef", characters); }

std::string Ids::base62(std::size_t characters) {
  return draw(*this, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", characters);
}

std::string Ids::uuid() {
  std::string text = hex(32);
  text[12] = '4';
  text[16] = "89ab"[next() % 4];
  for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, 1, '-');
  return text;
}

}  // namespace crosstie::sandbox
