#pragma once
// An apply for people. On a terminal the rows of running steps are redrawn in place; elsewhere each
// change of state is one line with a clock.
#include <iosfwd>
#include <map>
#include <string>

#include "cmd/view/paint.hpp"
#include "engine/apply.hpp"

namespace crosstie {

class HumanProgress : public EventSink {
 public:
  HumanProgress(std::ostream& out, const Paint& paint, bool live, std::size_t total);

  void started(const Change& change) override;
  void waiting(const Change& change, const WaitState& state,
               std::chrono::milliseconds elapsed) override;
  void completed(const StepReport& report) override;
  void failed(const StepReport& report) override;
  void skipped(const StepReport& report) override;
  void note(const Diagnostic& diagnostic) override;

  /// Redraws the clock of running rows; called a few times a second on a terminal.
  void tick();
  /// Takes the live rows off the screen; the end report comes after.
  void close();

 private:
  struct Row {
    std::string text;  // "creating", "waiting for status.phase: ApplyingChanges"
    std::chrono::steady_clock::time_point began;
    bool proof = false;     // proven, not created
    std::string last_line;  // plain: printed at most once per change of state
  };
  void line(const std::string& address, const std::string& text);
  void erase_rows();
  void draw_rows();

  std::ostream& out_;
  Paint paint_;
  bool live_;
  std::size_t total_;
  std::size_t finished_ = 0;
  std::map<std::string, Row> rows_;
  std::size_t drawn_ = 0;
};

/// What was not begun, what was verified absent, what was not waited for, and how many were done in
/// how long. Why a step failed is not here: that is an error, and goes to stderr.
void print_apply_report(std::ostream& out, const ApplyResult& result, bool destroy,
                        std::chrono::milliseconds took, const Paint& paint);

}  // namespace crosstie
