#pragma once
// A value or the reasons why there is none. Expected failures travel in it; exceptions are for
// broken ground only.
#include <cassert>
#include <utility>
#include <variant>

#include "engine/model/diagnostic.hpp"

namespace crosstie {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : content_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Diagnostics failure) : content_(std::in_place_index<1>, std::move(failure)) {
    assert(!std::get<1>(content_).empty());
  }
  Result(Diagnostic failure) : content_(std::in_place_index<1>, Diagnostics{std::move(failure)}) {}

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() { return std::get<0>(content_); }
  const T& value() const { return std::get<0>(content_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Diagnostics& failure() { return std::get<1>(content_); }
  const Diagnostics& failure() const { return std::get<1>(content_); }

 private:
  std::variant<T, Diagnostics> content_;
};

/// Success without a value.
struct Done {};
template <>
class [[nodiscard]] Result<void> : public Result<Done> {
 public:
  Result() : Result<Done>(Done{}) {}
  Result(Diagnostics failure) : Result<Done>(std::move(failure)) {}
  Result(Diagnostic failure) : Result<Done>(std::move(failure)) {}
};

}  // namespace crosstie
