#include "state/journal.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

#include "state/context.hpp"
#include "state/failure.hpp"
#include "state/records.hpp"
#include "state/seal.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"
#include "state/value_text.hpp"
#include "state/words.hpp"

namespace crosstie::state_file {
namespace {

constexpr std::string_view kTable = "operations";

Operation read_row(Context& context, const Statement& row) {
  const std::string_view id = row.text(0);
  const auto cell = [&](std::string_view column) { return Cell{kTable, column, id}; };
  const auto sealed = [&](int column, std::string_view name) {
    if (row.is_null(column)) return Value();
    return read_cell(context, cell(name),
                     [&] { return open_value(row.text(column), context.sealer, cell(name)); });
  };
  Operation operation;
  operation.id = id;
  operation.run = row.integer(1);
  operation.sequence = row.integer(2);
  operation.address =
      read_cell(context, cell("address"), [&] { return read_address(row.text(3)); });
  operation.type = row.text(4);
  operation.connection = row.text(5);
  operation.action =
      read_cell(context, cell("action"), [&] { return parse_operation_action(row.text(6)); });
  operation.desired = sealed(7, "desired");
  operation.before_image = sealed(8, "before_image");
  operation.recorded_before = sealed(9, "recorded_before");
  operation.depends_on =
      read_cell(context, cell("depends_on"), [&] { return read_addresses(row.text(10)); });
  operation.prevent_destroy = row.integer(11) != 0;
  operation.state =
      read_cell(context, cell("state"), [&] { return parse_operation_state(row.text(12)); });
  operation.error = row.text(13);
  operation.started_at = row.text(14);
  operation.finished_at = row.text(15);
  operation.links = read_cell(context, cell("links"), [&] { return read_links(row.text(16)); });
  return operation;
}

constexpr std::string_view kColumns =
    "SELECT id, run, sequence, address, type, connection, action, desired, before_image, "
    "recorded_before, depends_on, "
    "prevent_destroy, state, error, started_at, finished_at, links FROM operations ";

std::vector<Operation> read_rows(Context& context, Statement& rows) {
  std::vector<Operation> operations;
  while (rows.step()) operations.push_back(read_row(context, rows));
  return operations;
}

std::int64_t last_sequence(Context& context, std::int64_t run) {
  Statement query =
      context.database->use("SELECT coalesce(max(sequence), 0) FROM operations WHERE run = ?");
  query.start(run);
  return query.step() ? query.integer(0) : 0;
}

/// Address of an operation that is still open.
std::string open_address(Context& context, const std::string& id) {
  Statement query = context.database->use(
      "SELECT address FROM operations WHERE id = ? AND state IN ('pending', 'unknown')");
  query.start(id);
  if (query.step()) return std::string(query.text(0));
  throw Failure(not_open_error(id));
}

}  // namespace

void begin_operations(Context& context, const std::vector<Operation>& operations) {
  std::int64_t run = 0;
  std::int64_t sequence = 0;
  const std::string now = context.now();
  Statement insert = context.database->use(
      "INSERT INTO operations (id, run, sequence, address, type, connection, action, desired, "
      "before_image, "
      "recorded_before, depends_on, prevent_destroy, state, started_at, links) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)");
  for (const Operation& operation : operations) {
    if (sequence == 0 || operation.run != run) {
      run = operation.run;
      sequence = last_sequence(context, run);
    }
    const auto cell = [&](std::string_view column) { return Cell{kTable, column, operation.id}; };
    const auto desired = seal_value(operation.desired, context.sealer, cell("desired"));
    const auto before = seal_value(operation.before_image, context.sealer, cell("before_image"));
    const auto recorded =
        seal_value(operation.recorded_before, context.sealer, cell("recorded_before"));
    const std::string address = operation.address.print();
    const std::string depends_on = write_addresses(operation.depends_on);
    const std::string links = write_links(operation.links);
    insert.run(operation.id, run, ++sequence, address, operation.type, operation.connection,
               word(operation.action), Blob{desired}, Blob{before}, Blob{recorded}, depends_on,
               operation.prevent_destroy, operation.started_at.empty() ? now : operation.started_at,
               links);
  }
}

void finish_operations(Context& context, const std::vector<OperationEnd>& ends) {
  const std::string now = context.now();
  Statement update = context.database->use(
      "UPDATE operations SET state = ?, error = ?, finished_at = ? WHERE id = ?");
  for (const OperationEnd& end : ends) {
    const std::string address = open_address(context, end.id);
    update.run(word(end.state), end.error, now, end.id);
    if (end.remove_record) delete_record(context, address);
    if (end.record) write_record(context, *end.record);
  }
}

std::vector<Operation> read_open_operations(Context& context) {
  static const std::string kSql =
      std::string(kColumns) + "WHERE state IN ('pending', 'unknown') ORDER BY run, sequence";
  Statement rows = context.database->use(kSql);
  rows.start();
  return read_rows(context, rows);
}

std::vector<Operation> read_operations(Context& context, std::int64_t run) {
  static const std::string kSql = std::string(kColumns) + "WHERE run = ? ORDER BY sequence";
  Statement rows = context.database->use(kSql);
  rows.start(run);
  return read_rows(context, rows);
}

}  // namespace crosstie::state_file
