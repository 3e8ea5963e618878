// Finds field separators and segment ends in a message's bytes: the reader's inner loop.
// Promises: the AVX2 path, picked when the CPU has it, gives exactly what the scalar path gives.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace huren::hl7 {

struct ScanBlock {
  static constexpr std::size_t kBytes = 4096;  // one block at most per call
  std::uint32_t ends[kBytes + 8];              // offsets of field separators, CR and LF, ascending
  std::uint32_t lines[kBytes + 8];             // indexes into ends: which of them are CR or LF
  std::size_t end_count = 0, line_count = 0;
  bool ascii = true;                           // no byte above 7F
};

using ScanFunction = void (*)(const char* text, std::size_t from, std::size_t to, char field, ScanBlock& out);
void scan_scalar(const char* text, std::size_t from, std::size_t to, char field, ScanBlock& out);
ScanFunction scan_avx2();  // nullptr: this CPU lacks it
ScanFunction best_scan();

bool is_ascii(std::string_view bytes);

std::size_t find_either(std::string_view text, char a, char b);  // offset of the first of them; npos: neither is there

}  // namespace huren::hl7
