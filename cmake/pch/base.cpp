// Carries the precompiled header base.hpp; there is no code here.
