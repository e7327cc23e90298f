// Carries the precompiled header test.hpp; there is no code here.
