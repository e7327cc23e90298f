#pragma once
#include <gtest/gtest.h>
#include "net.hpp"
