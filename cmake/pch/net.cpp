// Carries the precompiled header net.hpp; there is no code here.
