#include "core/base/time.hpp"

#include <array>

namespace huren {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

bool leap(int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

int days_in_month(int y, int m) {
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return m == 2 && leap(y) ? 29 : days[static_cast<std::size_t>(m - 1)];
}

// Days from 1970-01-01, proleptic Gregorian.
std::int64_t days_from_civil(int y, int m, int d) {
  const int year = m <= 2 ? y - 1 : y;
  const int era = (year >= 0 ? year : year - 399) / 400;
  const int yoe = year - era * 400;
  const int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return static_cast<std::int64_t>(era) * 146097 + doe - 719468;
}

void civil_from_days(std::int64_t days, int& y, int& m, int& d) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto doe = static_cast<int>(days - era * 146097);
  const int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int mp = (5 * doy + 2) / 153;
  d = doy - (153 * mp + 2) / 5 + 1;
  m = mp < 10 ? mp + 3 : mp - 9;
  y = static_cast<int>(yoe + era * 400) + (m <= 2 ? 1 : 0);
}

// Takes exactly n digits from the front; -1 when they are not there.
int take_digits(std::string_view& s, std::size_t n) {
  if (s.size() < n) return -1;
  int value = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (s[i] < '0' || s[i] > '9') return -1;
    value = value * 10 + (s[i] - '0');
  }
  s.remove_prefix(n);
  return value;
}

bool take_char(std::string_view& s, char c) {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}

struct Parts {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0;
  Precision precision = Precision::none;
  int offset_minutes = 0;
  bool has_offset = false;
};

std::optional<Timestamp> assemble(const Parts& p, int assumed_offset_minutes) {
  if (p.year < 1 || p.month < 1 || p.month > 12 || p.day < 1 || p.day > days_in_month(p.year, p.month) || p.hour < 0 || p.hour > 23 ||
      p.minute < 0 || p.minute > 59 || p.second < 0 || p.second > 59)
    return std::nullopt;
  Timestamp t;
  t.precision = p.precision;
  t.has_offset = p.has_offset;
  t.offset_minutes = p.has_offset ? p.offset_minutes : assumed_offset_minutes;
  t.epoch_ms = days_from_civil(p.year, p.month, p.day) * kDayMs +
               ((p.hour * 60LL + p.minute - t.offset_minutes) * 60 + p.second) * 1000 + p.millisecond;
  return t;
}

// Fraction of a second, any number of digits, to whole milliseconds (cut, not rounded: never later than it was).
bool take_fraction(std::string_view& s, int& millisecond) {
  std::size_t n = 0;
  int value = 0, scale = 100;
  while (n < s.size() && s[n] >= '0' && s[n] <= '9') {
    value += (s[n] - '0') * scale;
    scale /= 10;
    ++n;
  }
  if (n == 0) return false;
  s.remove_prefix(n);
  millisecond = value;
  return true;
}

// +hhmm or +hh:mm; the sign is still in front.
bool take_offset(std::string_view& s, int& minutes) {
  const bool negative = s.front() == '-';
  s.remove_prefix(1);
  const int h = take_digits(s, 2);
  take_char(s, ':');
  const int m = take_digits(s, 2);
  if (h < 0 || h > 14 || m < 0 || m > 59) return false;
  minutes = (h * 60 + m) * (negative ? -1 : 1);
  return true;
}

// A time as it is put together: nine parts at most, each with its mark and never longer than a number of 32 bits.
class Written {
 public:
  // mark ('\0': none) and value, `width` digits.
  template <int width>
  void add(char mark, int value) {
    constexpr int kMost = width == 2 ? 100 : width == 3 ? 1000 : 10'000;
    if (mark) *end_++ = mark;
    if (value >= 0 && value < kMost) {
      for (int i = width; i-- > 0; value /= 10) end_[i] = static_cast<char>('0' + value % 10);
      end_ += width;
      return;
    }
    const auto digits = std::to_string(value);
    for (auto missing = static_cast<int>(digits.size()); missing < width; ++missing) *end_++ = '0';
    end_ += digits.copy(end_, digits.size());
  }
  void add_offset(int minutes, char mark) {
    const int size = minutes < 0 ? -minutes : minutes;
    add<2>(minutes < 0 ? '-' : '+', size / 60);
    add<2>(mark, size % 60);
  }
  [[nodiscard]] std::string text() const { return {text_.data(), static_cast<std::size_t>(end_ - text_.data())}; }

 private:
  std::array<char, 128> text_;
  char* end_ = text_.data();
};

Parts split(const Timestamp& t) {
  Parts p;
  const std::int64_t local = t.epoch_ms + t.offset_minutes * 60'000LL;
  std::int64_t days = local / kDayMs, rest = local % kDayMs;
  if (rest < 0) {
    rest += kDayMs;
    --days;
  }
  civil_from_days(days, p.year, p.month, p.day);
  p.millisecond = static_cast<int>(rest % 1000);
  p.second = static_cast<int>(rest / 1000 % 60);
  p.minute = static_cast<int>(rest / 60'000 % 60);
  p.hour = static_cast<int>(rest / 3'600'000);
  return p;
}

std::string day_text(const Date& d, char mark) {
  Written out;
  out.add<4>('\0', d.year);
  if (d.month) out.add<2>(mark, d.month);
  if (d.month && d.day) out.add<2>(mark, d.day);
  return out.text();
}

}  // namespace

std::optional<Timestamp> parse_hl7_time(std::string_view text, int assumed_offset_minutes) {
  Parts p;
  if ((p.year = take_digits(text, 4)) < 0) return std::nullopt;
  p.precision = Precision::year;
  const auto at_digit = [&] { return !text.empty() && text.front() >= '0' && text.front() <= '9'; };
  const auto next = [&](int& part, Precision precision) {
    if (!at_digit()) return true;
    p.precision = precision;
    return (part = take_digits(text, 2)) >= 0;
  };
  if (!next(p.month, Precision::month)) return std::nullopt;
  if (p.precision == Precision::month && !next(p.day, Precision::day)) return std::nullopt;
  if (p.precision == Precision::day && !next(p.hour, Precision::hour)) return std::nullopt;
  if (p.precision == Precision::hour && !next(p.minute, Precision::minute)) return std::nullopt;
  if (p.precision == Precision::minute && !next(p.second, Precision::second)) return std::nullopt;
  if (p.precision == Precision::second && take_char(text, '.')) {
    if (!take_fraction(text, p.millisecond)) return std::nullopt;
    p.precision = Precision::millisecond;
  }
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    if (!take_offset(text, p.offset_minutes)) return std::nullopt;
    p.has_offset = true;
  }
  if (!text.empty()) return std::nullopt;
  return assemble(p, assumed_offset_minutes);
}

std::optional<Timestamp> parse_iso_time(std::string_view text, int assumed_offset_minutes) {
  Parts p;
  if ((p.year = take_digits(text, 4)) < 0) return std::nullopt;
  p.precision = Precision::year;
  if (take_char(text, '-')) {
    if ((p.month = take_digits(text, 2)) < 0) return std::nullopt;
    p.precision = Precision::month;
    if (take_char(text, '-')) {
      if ((p.day = take_digits(text, 2)) < 0) return std::nullopt;
      p.precision = Precision::day;
    }
  }
  if (p.precision == Precision::day && (take_char(text, 'T') || take_char(text, ' '))) {
    if ((p.hour = take_digits(text, 2)) < 0) return std::nullopt;
    p.precision = Precision::hour;
    if (take_char(text, ':')) {
      if ((p.minute = take_digits(text, 2)) < 0) return std::nullopt;
      p.precision = Precision::minute;
      if (take_char(text, ':')) {
        if ((p.second = take_digits(text, 2)) < 0) return std::nullopt;
        p.precision = Precision::second;
        if (take_char(text, '.')) {
          if (!take_fraction(text, p.millisecond)) return std::nullopt;
          p.precision = Precision::millisecond;
        }
      }
    }
    if (take_char(text, 'Z')) {
      p.has_offset = true;
    } else if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
      if (!take_offset(text, p.offset_minutes)) return std::nullopt;
      p.has_offset = true;
    }
  }
  if (!text.empty()) return std::nullopt;
  return assemble(p, assumed_offset_minutes);
}

std::string to_hl7_time(const Timestamp& t) {
  if (!t.present()) return {};
  const Parts p = split(t);
  Written out;
  out.add<4>('\0', p.year);
  if (t.precision >= Precision::month) out.add<2>('\0', p.month);
  if (t.precision >= Precision::day) out.add<2>('\0', p.day);
  if (t.precision >= Precision::hour) out.add<2>('\0', p.hour);
  if (t.precision >= Precision::minute) out.add<2>('\0', p.minute);
  if (t.precision >= Precision::second) out.add<2>('\0', p.second);
  if (t.precision >= Precision::millisecond) out.add<3>('.', p.millisecond);
  if (t.has_offset) out.add_offset(t.offset_minutes, '\0');
  return out.text();
}

std::string to_iso_time(const Timestamp& t) {
  if (!t.present()) return {};
  const Parts p = split(t);
  Written out;
  out.add<4>('\0', p.year);
  if (t.precision >= Precision::month) out.add<2>('-', p.month);
  if (t.precision >= Precision::day) out.add<2>('-', p.day);
  if (t.precision >= Precision::hour) out.add<2>('T', p.hour);
  if (t.precision >= Precision::minute) out.add<2>(':', p.minute);
  if (t.precision >= Precision::second) out.add<2>(':', p.second);
  if (t.precision >= Precision::millisecond) out.add<3>('.', p.millisecond);
  if (t.precision >= Precision::hour) out.add_offset(t.offset_minutes, ':');
  return out.text();
}

Timestamp from_epoch_ms(std::int64_t epoch_ms, int offset_minutes) {
  return {.epoch_ms = epoch_ms, .precision = Precision::millisecond, .offset_minutes = offset_minutes, .has_offset = true};
}

std::optional<Date> parse_date(std::string_view text) {
  Date d;
  if ((d.year = take_digits(text, 4)) < 1) return std::nullopt;
  const bool dashes = take_char(text, '-');
  if (!text.empty()) {
    d.month = take_digits(text, 2);
    if (d.month < 1 || d.month > 12) return std::nullopt;
    if (!text.empty()) {
      if (dashes && !take_char(text, '-')) return std::nullopt;
      d.day = take_digits(text, 2);
      if (d.day < 1 || d.day > days_in_month(d.year, d.month)) return std::nullopt;
    }
  } else if (dashes) {
    return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return d;
}

std::string to_hl7_date(const Date& d) {
  if (!d.present()) return {};
  return day_text(d, '\0');
}

std::string to_iso_date(const Date& d) {
  if (!d.present()) return {};
  return day_text(d, '-');
}

int age_years(const Date& birth, const Timestamp& at) {
  if (!birth.present() || !at.present()) return -1;
  const Parts p = split(at);
  int years = p.year - birth.year;
  if (birth.month && (p.month < birth.month || (p.month == birth.month && birth.day && p.day < birth.day))) --years;
  return years < 0 ? -1 : years;
}

}  // namespace huren
