// Moments and dates as hospitals write them: any precision, with or without an offset.
// Promises: what was coarse stays coarse; the written form can be given back. Refuses: impossible dates, a clock (time is passed in).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace huren {

enum class Precision { none, year, month, day, hour, minute, second, millisecond };

// A moment. epoch_ms is its earliest instant (domain.md: a coarse time counts from its earliest instant), UTC.
struct Timestamp {
  std::int64_t epoch_ms = 0;
  Precision precision = Precision::none;  // none: absent
  int offset_minutes = 0;                 // the zone it was written in, or the zone assumed
  bool has_offset = false;                // false: the zone was assumed
  [[nodiscard]] bool present() const { return precision != Precision::none; }
  friend bool operator==(const Timestamp&, const Timestamp&) = default;
};

struct Date {
  int year = 0, month = 0, day = 0;  // month or day 0: not known; year 0: absent
  [[nodiscard]] bool present() const { return year != 0; }
  friend bool operator==(const Date&, const Date&) = default;
};

// HL7 v2 DTM / CDA TS: YYYY[MM[DD[HH[MM[SS[.S+]]]]]][+/-ZZZZ]. nullopt: not a time.
std::optional<Timestamp> parse_hl7_time(std::string_view text, int assumed_offset_minutes);
// ISO 8601 as JSON has it: 2026-11-22, 2026-11-22T09:30[:00[.000]][Z|+08:00].
std::optional<Timestamp> parse_iso_time(std::string_view text, int assumed_offset_minutes);
std::string to_hl7_time(const Timestamp& t);  // "" when absent; offset written when has_offset
std::string to_iso_time(const Timestamp& t);  // in its own offset, always with the offset when finer than a day
Timestamp from_epoch_ms(std::int64_t epoch_ms, int offset_minutes);

std::optional<Date> parse_date(std::string_view text);  // 19491231 or 1949-12-31, or its year/month prefix
std::string to_hl7_date(const Date& d);                 // 19491231
std::string to_iso_date(const Date& d);                 // 1949-12-31
int age_years(const Date& birth, const Timestamp& at);  // completed years; -1 when unknown

}  // namespace huren
