#pragma once
// Deleters for what a C library gives out.

namespace crosstie::sandbox {

/// `std::unique_ptr<BIO, FreeBy<BIO_free>>`.
template <auto kFree>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

}  // namespace crosstie::sandbox
