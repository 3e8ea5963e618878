// What a hospital's HIS has submitted, without its process: the events that a test lists.
#pragma once
#include <vector>

#include "core/base/link.hpp"

namespace huren::test {

class GivenSpool final : public SpoolPort {
 public:
  std::vector<SpooledEvent> events;
  Result<std::vector<SpooledEvent>> next(std::int64_t after_seq, int) noexcept override {
    std::vector<SpooledEvent> out;
    for (const auto& e : events)
      if (e.seq > after_seq) out.push_back(e);
    return out;
  }
  Result<void> forget(std::int64_t) noexcept override { return {}; }
  Result<void> submit(std::string_view, std::string_view, std::string_view, std::uint32_t) noexcept override { return {}; }
  Result<std::int64_t> depth() noexcept override { return std::int64_t{0}; }
  Result<std::int64_t> newest() noexcept override { return events.empty() ? std::int64_t{0} : events.back().seq; }
};

}  // namespace huren::test
