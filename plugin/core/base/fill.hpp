// The places {0} {1} ... of a catalogue sentence, filled piece by piece: a card of the order screen is made of hundreds of these.
#pragma once
#include <string>
#include <string_view>

namespace huren {

// value(n): what stands in place n, for n below count; places beyond are left empty. Piece by piece to piece(text), in order.
template <class Value, class Piece>
void fill_pieces(std::string_view pattern, std::size_t count, Value&& value, Piece&& piece) {
  std::size_t from = 0;
  for (auto at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at + 1)) {
    if (at + 2 >= pattern.size() || pattern[at + 2] != '}' || pattern[at + 1] < '0' || pattern[at + 1] > '9') continue;
    piece(pattern.substr(from, at - from));
    const auto n = static_cast<std::size_t>(pattern[at + 1] - '0');
    if (n < count) piece(std::string_view(value(n)));
    from = at + 3;
  }
  piece(pattern.substr(from));
}

template <class Value>
std::string fill(std::string_view pattern, std::size_t count, Value&& value) {
  std::string out;
  std::size_t size = pattern.size();
  for (std::size_t n = 0; n < count; ++n) size += value(n).size();
  out.reserve(size);
  fill_pieces(pattern, count, value, [&](std::string_view piece) { out += piece; });
  return out;
}

}  // namespace huren
