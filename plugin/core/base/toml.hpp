// toml++ as all of huren uses it. One set of switches for every file: the library's inner types differ between them, and
// two variants in one binary are one-definition faults that show as garbled parsers.
// Exceptions are compiled out: a syntax error is a value. So are its assertions: toml++ 3.3 asserts on "[[[" before it
// reports it, and a typo must not end the HIS.
#pragma once
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>
