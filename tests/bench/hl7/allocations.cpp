// Counts every allocation of the benchmark program. A file of its own: inlined, g++ takes the pair for a mismatch.
#include <cstdlib>
#include <new>

namespace huren::bench {
std::size_t allocations = 0;
}

void* operator new(std::size_t n) {
  ++huren::bench::allocations;
  if (void* p = std::malloc(n)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
