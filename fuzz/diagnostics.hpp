#pragma once
// What every error of any input must be: told in words, and printable.
#include "engine/model/diagnostic.hpp"
#include "fuzz/targets.hpp"

namespace crosstie::fuzz {

inline void check_diagnostics(const Diagnostics& errors) {
  require(!errors.empty(), "a failure has a reason");
  for (const Diagnostic& error : errors) {
    require(!error.summary.empty(), "an error has a summary");
    require(error.summary.find('\n') == std::string::npos, "a summary is one line");
    require(!error.detail.empty(), "an error says what is wrong");
    if (error.where)
      require(error.where->line >= 1 && error.where->column >= 1, "a place counts from 1");
    require(!format_diagnostic(error).empty(), "an error can be printed");
  }
}

}  // namespace crosstie::fuzz
