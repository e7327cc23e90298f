#pragma once
// Values of every kind for RapidCheck, with marks.
#include <rapidcheck.h>

#include <string>

#include "engine/model/value.hpp"

namespace crosstie::testing {

inline std::string random_text() {
  static const std::vector<std::string> kTexts = {"",  "a",  "a/b", "~",      "~1", "0",
                                                  "é", "\"", "\n",  "sealed", "v"};
  return *rc::gen::elementOf(kTexts);
}

inline Value random_value(int depth) {
  Value value;
  switch (*rc::gen::inRange(0, depth > 0 ? 8 : 6)) {
    case 0:
      break;
    case 1:
      value = Value(*rc::gen::arbitrary<bool>());
      break;
    case 2:
      value = Value(*rc::gen::arbitrary<std::int64_t>());
      break;
    case 3:
      value = Value(static_cast<double>(*rc::gen::arbitrary<int>()) / 8);
      break;
    case 4:
      value = Value(random_text());
      break;
    case 5:
      value = Value::unknown("resource.x");
      break;
    case 6: {
      value = Value(Value::List{});
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
        value.as_list().push_back(random_value(depth - 1));
      break;
    }
    default: {
      value = Value(Value::Object{});
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
        value.set(random_text(), random_value(depth - 1));
    }
  }
  if (*rc::gen::inRange(0, 5) == 0) value.mark_sensitive();
  return value;
}

}  // namespace crosstie::testing
