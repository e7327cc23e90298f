#pragma once
#include "net.hpp"
#include <gtest/gtest.h>
