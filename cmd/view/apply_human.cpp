#include "cmd/view/apply_human.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>

#include "cmd/view/paint.hpp"
#include "engine/apply.hpp"
#include "engine/environment.hpp"
#include "engine/model/diagnostic.hpp"
#include "engine/model/schema.hpp"
#include "engine/plan.hpp"
#include "providers/provider.hpp"

namespace crosstie {
namespace {

constexpr std::size_t kLiveRowsMax = 12;
constexpr std::size_t kAgeColumns = 10;  // "59 min 59 s"

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 100;
}

std::string clock_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::ostringstream text;
  text << std::put_time(&parts, "%H:%M:%S");
  return text.str();
}

std::string verb_of(Action action, bool proof) {
  if (proof && (action == Action::create || action == Action::update)) return "proving";
  switch (action) {
    case Action::create:
      return "creating";
    case Action::update:
      return "updating";
    case Action::replace:
      return "replacing";
    case Action::remove:
      return "destroying";
    case Action::read:
      return "reading";
    case Action::forget:
      return "forgetting";
    case Action::no_op:
      break;
  }
  return "looking at";
}

std::string past_of(Action action, bool proof) {
  if (proof && (action == Action::create || action == Action::update)) return "proven";
  switch (action) {
    case Action::create:
      return "created";
    case Action::update:
      return "updated";
    case Action::replace:
      return "replaced";
    case Action::remove:
      return "destroyed";
    case Action::read:
      return "read";
    case Action::forget:
      return "forgotten";
    case Action::no_op:
      break;
  }
  return "unchanged";
}

std::string wait_text(const WaitState& state) {
  std::string text = "waiting for " + state.condition;
  if (!state.value.empty()) text += " (" + state.value + ")";
  if (!state.detail.empty()) text += ", " + state.detail;
  if (!state.last_warning.empty()) text += "; last warning: " + state.last_warning;
  return text;
}

}  // namespace

HumanProgress::HumanProgress(std::ostream& out, const Paint& paint, bool live, std::size_t total)
    : out_(out), paint_(paint), live_(live), total_(total) {}

void HumanProgress::line(const std::string& address, const std::string& text) {
  if (live_) {
    erase_rows();
    out_ << "  " << address << ": " << text << '\n';
    draw_rows();
  } else {
    out_ << clock_now() << "  " << address << ": " << text << '\n' << std::flush;
  }
}

void HumanProgress::started(const Change& change) {
  Row& row = rows_[change.address.print()];
  row.proof = change.kind == ResourceKind::check;
  row.text = verb_of(change.action, row.proof);
  row.began = std::chrono::steady_clock::now();
  if (live_) {
    tick();
  } else {
    line(change.address.print(), row.text + " ...");
  }
}

void HumanProgress::waiting(const Change& change, const WaitState& state,
                            std::chrono::milliseconds elapsed) {
  Row& row = rows_[change.address.print()];
  row.text = wait_text(state);
  if (live_ || row.text == row.last_line) return;
  row.last_line = row.text;
  line(change.address.print(), row.text + " [" + shown(elapsed) + "]");
}

void HumanProgress::completed(const StepReport& report) {
  const auto row = rows_.find(report.address.print());
  const bool proof = row != rows_.end() && row->second.proof;
  if (row != rows_.end()) rows_.erase(row);
  ++finished_;
  line(report.address.print(), paint_(Tone::green, past_of(report.action, proof)) + " after " +
                                   shown(report.duration) + " [" + std::to_string(finished_) +
                                   " of " + std::to_string(total_) + "]");
}

void HumanProgress::failed(const StepReport& report) {
  rows_.erase(report.address.print());
  ++finished_;
  const std::string words = report.phase == "ready"  ? "written, but did not become ready"
                            : report.phase == "read" ? "could not be read"
                                                     : "failed";
  line(report.address.print(), paint_(Tone::red, words) + " after " + shown(report.duration));
}

void HumanProgress::skipped(const StepReport& report) {
  ++finished_;
  std::string chain;
  for (const std::string& one : report.blocked_by) chain += (chain.empty() ? "" : " <- ") + one;
  line(report.address.print(), paint_(Tone::dim, "skipped, blocked by " + chain));
}

void HumanProgress::note(const Diagnostic& diagnostic) {
  if (live_) erase_rows();
  out_ << format_diagnostic(diagnostic);
  if (live_) draw_rows();
}

void HumanProgress::erase_rows() {
  for (; drawn_ > 0; --drawn_) out_ << "\x1b[1A\x1b[2K";
}

void HumanProgress::draw_rows() {
  const std::size_t columns = terminal_columns();
  const auto now = std::chrono::steady_clock::now();
  std::size_t widest = 0;
  for (const auto& [address, row] : rows_) widest = std::max(widest, address.size());
  for (const auto& [address, row] : rows_) {
    if (drawn_ == kLiveRowsMax) break;
    const std::string age =
        shown(std::chrono::duration_cast<std::chrono::milliseconds>(now - row.began));
    const std::string gap(widest - address.size() + 2, ' ');
    const std::string clock(kAgeColumns - std::min(kAgeColumns, age.size()), ' ');
    out_ << paint_(Tone::cyan,
                   fit("  " + address + gap + clock + age + "  " + row.text, columns - 1))
         << '\n';
    ++drawn_;
  }
  const std::string more =
      rows_.size() > kLiveRowsMax
          ? ", " + std::to_string(rows_.size() - kLiveRowsMax) + " more running"
          : "";
  out_ << paint_(Tone::dim, "  " + std::to_string(finished_) + " of " + std::to_string(total_) +
                                " steps done" + more)
       << '\n'
       << std::flush;
  ++drawn_;
}

void HumanProgress::tick() {
  if (!live_) return;
  erase_rows();
  draw_rows();
}

void HumanProgress::close() {
  if (!live_) return;
  erase_rows();
  out_ << std::flush;
  live_ = false;
}

void print_apply_report(std::ostream& out, const ApplyResult& result, bool destroy,
                        std::chrono::milliseconds took, const Paint& paint) {
  out << '\n';
  if (!result.skipped.empty()) {
    out << "Not begun:\n";
    for (const StepReport& report : result.skipped) {
      out << "  " << report.address.print();
      for (const std::string& one : report.blocked_by) out << " <- " << one;
      out << '\n';
    }
    out << '\n';
  }
  for (const ResourceAddress& address : result.not_waited)
    out << "Not waited for: " << address.print() << '\n';
  if (!result.verified_absent.empty())
    out << "Verified absent: " << result.verified_absent.size()
        << (result.verified_absent.size() == 1 ? " object.\n" : " objects.\n");
  for (const ResourceAddress& address : result.still_there)
    out << paint(Tone::red, "Still there: ") << address.print() << '\n';
  const std::string counts = destroy ? std::to_string(result.destroyed) + " destroyed"
                                     : std::to_string(result.added) + " added, " +
                                           std::to_string(result.changed) + " changed, " +
                                           std::to_string(result.destroyed) + " destroyed";
  if (result.ok()) {
    out << paint(Tone::green, destroy ? "Destroy complete! " : "Apply complete! ")
        << "Resources: " << counts << ". [" << shown(took) << "]\n";
    return;
  }
  out << paint(Tone::red, result.interrupted ? "Interrupted. "
                          : destroy          ? "Destroy failed. "
                                             : "Apply failed. ")
      << "Resources: " << counts << "; " << result.failed.size() << " failed, "
      << result.skipped.size() << " not begun. [" << shown(took) << "]\n"
      << "What was done stays and is recorded; run the same command again to go on.\n";
}

}  // namespace crosstie
