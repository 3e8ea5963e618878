// Any bytes: they read or are refused, both scans agree, every view lies inside the text, what is rebuilt reads the same,
// and checking, acknowledging and the typed readers survive.
#include <cstdint>
#include <string_view>

#include "core/base/text.hpp"
#include "core/hl7/ack.hpp"
#include "core/hl7/message.hpp"
#include "core/hl7/messages.hpp"
#include "core/hl7/profile.hpp"
#include "tests/fuzz/hl7/expect.hpp"

using namespace huren;
using namespace huren::hl7;

namespace {

void walk(const Message& m) {
  std::string text;
  const auto inside = [&](std::string_view v) {
    expect(v.empty() || (v.data() >= m.text().data() && v.data() + v.size() <= m.text().data() + m.text().size()));
  };
  for (const auto s : m) {
    inside(s.raw());
    for (int f = 1; f <= s.fields() + 1; ++f) {
      const auto field = s.field(f);
      inside(field.raw());
      for (int r = 1; r <= field.repetitions() && r < 50; ++r)
        for (int c = 1; c <= field.repetition(r).components() && c < 50; ++c) {
          const auto component = field.repetition(r).component(c);
          for (int n = 1; n <= component.subcomponents() && n < 50; ++n) {
            inside(component.subcomponent(n).raw());
            text.clear();
            component.subcomponent(n).append_text(text);
            expect(!invalid_utf8(text));
          }
        }
    }
  }
}

template <class T>
void typed(const Message& m) {
  const auto value = parse<T>(m);
  if (!value) return;
  const auto bytes = write(*value);
  expect(bytes.operator bool());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ReadOptions options, scalar;
  options.max_bytes = scalar.max_bytes = 1 << 16;
  scalar.scalar = true;
  const auto m = Message::view(bytes, options);
  const auto n = Message::view(bytes, scalar);
  expect(m.operator bool() == n.operator bool());
  AckContext context;
  context.control_id = "1";
  if (!m) {
    const auto nak = parse_ack(build_nak(bytes, AckCode::AR, m.error(), context));
    expect(nak && nak->code == AckCode::AR);
    return 0;
  }
  expect(m->text() == n->text() && m->size() == n->size());
  walk(*m);
  const auto rebuilt = m->rebuilt();
  ReadOptions again;
  again.fallback = Charset::utf8;
  again.trust_fallback = true;
  const auto second = Message::view(rebuilt, again);
  expect(second && second->rebuilt() == rebuilt);
  const auto findings = check(*m, *Profile::named("strict"));
  const auto ack = build_ack(m->header(), AckCode::AE, findings, context);
  expect(!ack.empty());
  expect(parse_ack(ack).operator bool());
  typed<Adt>(*m);
  typed<Oru>(*m);
  typed<OrderMessage>(*m);
  typed<ReferralMessage>(*m);
  return 0;
}
