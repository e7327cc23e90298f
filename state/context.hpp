#pragma once
// What the parts of the SQLite store share.
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "state/seal.hpp"
#include "state/sqlite.hpp"
#include "state/value_text.hpp"

namespace crosstie::state_file {

struct Context {
  std::unique_ptr<Database> database;
  Sealer sealer;
  std::function<std::string()> now;
};

/// Reads with `read` what a row holds; a value without meaning is reported as damage of that place.
template <class Read>
auto read_cell(const Context& context, const Cell& cell, Read&& read) {
  try {
    return read();
  } catch (const std::invalid_argument& error) {
    throw Failure(damaged(context.database->file(),
                          "Column " + std::string(cell.column) + " of " + std::string(cell.table) +
                              " row " + std::string(cell.row) + ": " + error.what() + "."));
  }
}

}  // namespace crosstie::state_file
