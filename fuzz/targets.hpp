#pragma once
// What is fuzzed: one function for each kind of text that comes from outside. The same functions
// run under libFuzzer (preset `fuzz`, ./dev fuzz) and, over the corpus and some mutations of it, in
// fuzz_corpus_tests (./dev test).
#include <span>
#include <stdexcept>
#include <string_view>

namespace crosstie::fuzz {

void configuration(std::string_view input);
void expression(std::string_view input);
void kubeconfig(std::string_view input);
void plan_file(std::string_view input);
void state_row(std::string_view input);
void http_answer(std::string_view input);
void world_file(std::string_view input);
void kubernetes_request(std::string_view input);
void ech_request(std::string_view input);
void elasticsearch_request(std::string_view input);

struct Target {
  const char* name;  // of its folder in fuzz/corpus
  void (*run)(std::string_view input);
};
/// All of them.
std::span<const Target> targets();

/// A property that every input must leave true did not hold. libFuzzer and GoogleTest both take it
/// for a finding.
class Broken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};
inline void require(bool holds, const char* property) {
  if (!holds) throw Broken(property);
}

}  // namespace crosstie::fuzz
