#include "core/hl7/mllp.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace huren::hl7;

namespace {

std::string shown(const MllpEvent& e) {
  switch (e.kind) {
    case MllpEvent::Kind::frame: return "frame(" + e.bytes + ")";
    case MllpEvent::Kind::commit: return "commit";
    case MllpEvent::Kind::nak: return "nak";
    case MllpEvent::Kind::broken: return "broken(" + std::string(e.error.id) + "," + e.bytes + ")";
    case MllpEvent::Kind::remark: return "remark(" + std::string(e.error.id) + ")";
  }
  return "";
}

std::string events(const std::vector<std::string>& chunks, std::size_t max = 100) {
  MllpDecoder d(max);
  std::string out;
  const auto drain = [&] {
    while (const auto e = d.next()) out += shown(*e) + ' ';
  };
  for (const auto& c : chunks) {
    d.feed(c);
    drain();
  }
  d.close();
  drain();
  return out;
}

std::vector<std::string> bytes_of(const std::string& s) {
  std::vector<std::string> out;
  for (const char c : s) out.emplace_back(1, c);
  return out;
}

}  // namespace

TEST_CASE("frames come out whole however they are cut") {
  const std::string stream = frame("one") + frame("two") + "x\x1Cy" + frame("three");
  const auto whole = events({stream});
  CHECK(whole == "frame(one) frame(two) remark(mllp.between) frame(three) ");
  CHECK(events(bytes_of(stream)) == whole);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) CHECK(events({stream.substr(0, cut), stream.substr(cut)}) == whole);
}

TEST_CASE("each missing control byte is told apart") {
  CHECK(events({"one\x1C\r" + frame("two")}) == "remark(mllp.between) frame(two) ");
  CHECK(events({"\x0Bone\x1C" + frame("two")}) == "frame(one) remark(mllp.no_cr) frame(two) ");
  CHECK(events({"\x0Bone\r" + frame("two")}) == "broken(mllp.unterminated,one\r) frame(two) ");
  CHECK(events({"\x0Bone\x1C"}) == "frame(one) remark(mllp.no_cr) ");
  CHECK(events({"\x0Bone"}) == "broken(mllp.unterminated,one) ");
  CHECK(events({frame("")}) == "remark(mllp.empty_frame) ");
  CHECK(events({frame("one") + "\n\r\n" + frame("two")}) == "frame(one) frame(two) ");
}

TEST_CASE("release 2 commit and nak are events") {
  CHECK(events({commit_frame(true) + commit_frame(false)}) == "commit nak ");
}

TEST_CASE("an oversize frame is reported at once, skipped, and the next one read") {
  MllpDecoder d(10);
  d.feed("\x0B" + std::string(11, 'a'));
  const auto e = d.next();
  REQUIRE(e);
  CHECK(shown(*e) == "broken(mllp.oversize," + std::string(11, 'a') + ")");
  CHECK(d.buffered() == 0);
  d.feed(std::string(1'000'000, 'a'));
  CHECK(d.buffered() == 0);
  CHECK_FALSE(d.next());
  d.feed("\x1C\r" + frame("ok"));
  CHECK(shown(*d.next()) == "frame(ok)");
  CHECK(events({frame(std::string(10, 'a'))}, 10) == "frame(aaaaaaaaaa) ");
}

TEST_CASE("a time-out inside a frame is a fault, between frames it is not") {
  MllpDecoder d;
  CHECK_FALSE(d.inside_frame());
  d.feed("\x0B");
  CHECK(d.inside_frame());
  d.feed("abc\x1C");
  CHECK_FALSE(d.inside_frame());
  d.feed("\r");
  CHECK_FALSE(d.inside_frame());
}
