// What an agreement and a tie let go to a partner, in one place: sending, answering and back-filling ask the same.
// Promises: nothing without an agreement in force that sends, an item that it covers, and a tie on its basis that has
//   begun and not ended. Refuses: preliminary and withdrawn reports.
#pragma once
#include <string>
#include <vector>

#include "core/model/lab_report.hpp"
#include "engine/context.hpp"

namespace huren::engine::exchange {

bool tied(const std::vector<store::TieRow>& ties, const model::Agreement& agreement, std::int64_t now_ms);

// The first agreement with the partner that lets this report go in one of the modes ("push", "pull", "index"); nullptr: none.
const model::Agreement* granted(const Context& context, const std::vector<store::TieRow>& ties, const std::string& partner,
                                const model::LabReport& report, std::initializer_list<std::string_view> modes);

// Something of ours may be asked for by this partner at all: an agreement in force that sends in one of the modes.
bool any_agreement(const Context& context, const std::string& partner, std::initializer_list<std::string_view> modes);

inline constexpr std::int64_t kDayMs = 86'400'000;
inline constexpr std::int64_t kLookBackMs = 90 * kDayMs;  // no window of schemas/codes is longer

}  // namespace huren::engine::exchange
