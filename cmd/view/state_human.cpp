#include "cmd/view/state_human.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/view/paint.hpp"
#include "engine/model/value.hpp"
#include "state/store.hpp"

namespace crosstie {
namespace {

/// For columns under each other: "destroy" and "interrupted" are the longest words.
std::string padded(std::string text, std::size_t columns) {
  if (text.size() < columns) text.append(columns - text.size(), ' ');
  return text;
}

void print_members(std::ostream& out, const char* title, const Value& value) {
  if (!value.is_object() || value.as_object().empty()) return;
  out << "  " << title << ":\n";
  for (const auto& [name, member] : value.as_object())
    if (!member.is_null()) out << "    " << name << ": " << shown(member) << '\n';
}

}  // namespace

std::string_view state_name(RunState state) {
  switch (state) {
    case RunState::running:
      return "running";
    case RunState::succeeded:
      return "succeeded";
    case RunState::failed:
      return "failed";
    case RunState::cancelled:
      return "cancelled";
    case RunState::interrupted:
      return "interrupted";
  }
  return "";
}

std::string_view state_name(OperationState state) {
  switch (state) {
    case OperationState::pending:
      return "pending";
    case OperationState::succeeded:
      return "succeeded";
    case OperationState::failed:
      return "failed";
    case OperationState::unknown:
      return "outcome unknown";
  }
  return "";
}

std::string_view operation_name(OperationAction action) {
  switch (action) {
    case OperationAction::create:
      return "create";
    case OperationAction::update:
      return "update";
    case OperationAction::replace_create:
      return "create (replacement)";
    case OperationAction::replace_delete:
      return "delete (replaced)";
    case OperationAction::remove:
      return "delete";
  }
  return "";
}

void print_record(std::ostream& out, const ResourceRecord& record) {
  out << record.address.print() << '\n'
      << "  type: " << record.type << '\n'
      << "  connection: " << record.connection << '\n';
  if (record.status == RecordStatus::settling) out << "  status: written, not seen ready\n";
  if (record.status == RecordStatus::tainted) out << "  status: tainted, will be replaced\n";
  if (record.prevent_destroy) out << "  prevent_destroy: true\n";
  for (const auto& [link, model] : record.links)
    out << "  of " << link << (model.empty() ? "" : ", model " + model) << '\n';
  if (!record.before.is_null()) out << "  adopted: destroy gives it back as it was found\n";
  print_members(out, "arguments", record.desired);
  print_members(out, "attributes", record.attributes);
  if (!record.depends_on.empty()) {
    out << "  needs:\n";
    for (const ResourceAddress& address : record.depends_on)
      out << "    " << address.print() << '\n';
  }
  out << "  written by run: " << record.run << '\n';
}

void print_run(std::ostream& out, const Run& run) {
  out << "run " << run.id << "  " << run.started_at << "  " << padded(run.command, 7) << "  "
      << padded(std::string(state_name(run.state)), 11) << "  +" << run.added << " ~" << run.changed
      << " -" << run.destroyed;
  if (run.failed > 0) out << "  " << run.failed << " failed";
  out << "  by " << run.owner << '@' << run.host << '\n';
}

void print_operations(std::ostream& out, const std::vector<Operation>& operations) {
  for (const Operation& operation : operations) {
    out << "  " << operation.sequence << "  " << operation.started_at << "  "
        << operation_name(operation.action) << "  " << operation.address.print() << "  "
        << state_name(operation.state);
    if (!operation.error.empty()) out << " (" << operation.error << ')';
    out << '\n';
  }
}

}  // namespace crosstie
