#include <string>
#include <vector>

#include "cmd/command.hpp"

int main(int argc, char** argv) { return crosstie::run_program({argv + 1, argv + argc}, argv[0]); }
