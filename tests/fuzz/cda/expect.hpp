// A broken promise stops the fuzzer.
#pragma once
#include <cstdlib>

inline void expect(bool holds) {
  if (!holds) std::abort();
}
