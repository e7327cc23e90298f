#include "state/records.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "state/context.hpp"
#include "state/seal.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"
#include "state/value_text.hpp"
#include "state/words.hpp"

namespace crosstie::state_file {
namespace {

constexpr std::string_view kTable = "resources";

ResourceRecord read_row(Context& context, const Statement& row) {
  const std::string_view address = row.text(0);
  const auto cell = [&](std::string_view column) { return Cell{kTable, column, address}; };
  const auto readable = [&](int column, std::string_view name) {
    return read_cell(context, cell(name),
                     [&] { return read_value(row.text(column), context.sealer, cell(name)); });
  };
  const auto sealed = [&](int column, std::string_view name) {
    if (row.is_null(column)) return Value();
    return read_cell(context, cell(name),
                     [&] { return open_value(row.text(column), context.sealer, cell(name)); });
  };
  ResourceRecord record;
  record.address = read_cell(context, cell("address"), [&] { return read_address(address); });
  record.type = row.text(1);
  record.connection = row.text(2);
  record.desired = readable(3, "desired");
  record.attributes = readable(4, "attributes");
  record.before = sealed(5, "before");
  record.token = sealed(6, "token");
  record.status =
      read_cell(context, cell("status"), [&] { return parse_record_status(row.text(7)); });
  record.prevent_destroy = row.integer(8) != 0;
  record.depends_on =
      read_cell(context, cell("depends_on"), [&] { return read_addresses(row.text(9)); });
  record.run = row.integer(10);
  record.links = read_cell(context, cell("links"), [&] { return read_links(row.text(11)); });
  return record;
}

}  // namespace

std::vector<ResourceRecord> read_records(Context& context) {
  std::vector<ResourceRecord> records;
  records.reserve(
      static_cast<std::size_t>(context.database->number("SELECT count(*) FROM resources")));
  Statement rows = context.database->use(
      "SELECT address, type, connection, desired, attributes, before, token, status, "
      "prevent_destroy, depends_on, run, links "
      "FROM resources");
  rows.start();
  while (rows.step()) records.push_back(read_row(context, rows));
  const auto by_address = [](const ResourceRecord& a, const ResourceRecord& b) {
    return a.address < b.address;
  };
  if (!std::is_sorted(records.begin(), records.end(), by_address))
    std::sort(records.begin(), records.end(), by_address);
  return records;
}

void write_record(Context& context, const ResourceRecord& record) {
  const std::string address = record.address.print();
  const auto cell = [&](std::string_view column) { return Cell{kTable, column, address}; };
  const std::string desired = write_value(record.desired, context.sealer, cell("desired"));
  const std::string attributes = write_value(record.attributes, context.sealer, cell("attributes"));
  const auto before = seal_value(record.before, context.sealer, cell("before"));
  const auto token = seal_value(record.token, context.sealer, cell("token"));
  const std::string depends_on = write_addresses(record.depends_on);
  const std::string links = write_links(record.links);
  context.database
      ->use(
          "INSERT OR REPLACE INTO resources (address, type, connection, desired, attributes, "
          "before, token, status, "
          "prevent_destroy, depends_on, run, links) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(address, record.type, record.connection, desired, attributes, Blob{before}, Blob{token},
           word(record.status), record.prevent_destroy, depends_on, record.run, links);
}

void delete_record(Context& context, const std::string& address) {
  context.database->use("DELETE FROM resources WHERE address = ?").run(address);
}

std::map<std::string, Output> read_outputs(Context& context) {
  std::map<std::string, Output> outputs;
  Statement rows = context.database->use("SELECT name, type, value FROM outputs ORDER BY name");
  rows.start();
  while (rows.step()) {
    const Cell cell{"outputs", "value", rows.text(0)};
    Value value =
        read_cell(context, cell, [&] { return read_value(rows.text(2), context.sealer, cell); });
    outputs.emplace(rows.text(0), Output{std::move(value), std::string(rows.text(1))});
  }
  return outputs;
}

void write_outputs(Context& context, const std::map<std::string, Output>& outputs) {
  context.database->use("DELETE FROM outputs").run();
  Statement insert =
      context.database->use("INSERT INTO outputs (name, type, value) VALUES (?, ?, ?)");
  for (const auto& [name, output] : outputs) {
    const std::string value = write_value(output.value, context.sealer, {"outputs", "value", name});
    insert.run(name, output.type, value);
  }
}

}  // namespace crosstie::state_file
