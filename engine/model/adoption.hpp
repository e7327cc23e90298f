#pragma once

namespace crosstie {

/// What the user allows to happen to an object that exists without our mark.
enum class Adoption {
  never,       // an error that names the owner
  if_unowned,  // adopted when nobody claims it
  take_over    // adopted even from somebody else
};

}  // namespace crosstie
