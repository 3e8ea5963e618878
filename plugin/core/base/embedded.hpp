// Files compiled into a binary by huren_embed(target symbol file...) of packaging/cmake/Huren.cmake.
#pragma once
#include <span>
#include <string_view>

namespace huren::embedded {
struct File {
  std::string_view name;  // without folder
  std::string_view text;
};
}  // namespace huren::embedded
