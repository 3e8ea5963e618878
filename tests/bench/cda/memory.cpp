// Counts the bytes that live. A file of its own: inlined, g++ takes the pair for a mismatch.
#include <algorithm>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace huren::bench {
std::size_t live = 0, peak = 0;
}
using huren::bench::live;
using huren::bench::peak;

void* operator new(std::size_t n) {
  void* p = std::malloc(n);
  if (!p) throw std::bad_alloc();
  live += malloc_usable_size(p);
  peak = std::max(peak, live);
  return p;
}
void operator delete(void* p) noexcept {
  if (p) live -= malloc_usable_size(p);
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }
