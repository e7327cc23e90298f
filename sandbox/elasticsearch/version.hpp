#pragma once
// What differs between Elasticsearch versions, measured from 8.14.3 to 9.5.3.
#include <string>

namespace crosstie::sandbox::elasticsearch {

struct StackVersion {
  int major_part = 0;
  int minor_part = 0;
  int patch_part = 0;
  std::string text;

  /// Parts that are not numbers count as 0.
  static StackVersion parse(const std::string& text);
  bool at_least(int major_number, int minor_number) const;

  std::string minimum_wire() const;
  std::string minimum_index() const;
  /// false before 8.15, true from 8.15 on.
  bool skip_unavailable_default() const { return at_least(8, 15); }
  /// A rebuilt link falls back to the default (elastic/elasticsearch#107125; measured 8.14.3
  /// to 9.2.2, right in 9.5.3).
  bool loses_skip_unavailable() const { return !at_least(9, 3); }
};

/// The measured transport handshake table; symmetric.
bool can_connect(const StackVersion& one, const StackVersion& other);

}  // namespace crosstie::sandbox::elasticsearch
