#include <catch2/catch.hpp>

#include "core/base/result.hpp"
#include "core/model/patient.hpp"

using namespace huren::model;
using huren::Date;

namespace {

Patient chen() {
  Patient p;
  p.local_id = "P1";
  p.identifiers = {{"resident_id", "11010519491231002X", ""}};
  p.name = "陈东珅";
  p.sex = Sex::female;
  p.birth_date = {1949, 12, 31};
  return p;
}

std::string verdict(const Patient& a, const Patient& b) {
  const auto v = same_person(a, b);
  const auto back = same_person(b, a);
  CHECK(v.match == back.match);
  CHECK(v.reason == back.reason);
  CHECK(huren::catalogue_entry(v.reason) != nullptr);
  const char* word = v.match == Match::same ? "same" : v.match == Match::different ? "different" : "unsure";
  return std::string(word) + " " + v.reason;
}

}  // namespace

TEST_CASE("resident ids with the right check digit are accepted, in any case and in the 15-digit form") {
  for (const char* id : {"11010519491231002X", "34052419800101001X", "440524198001010013"}) CHECK(normal_resident_id(id) == id);
  CHECK(normal_resident_id("11010519491231002x") == "11010519491231002X");
  CHECK(normal_resident_id(" 11010519491231002X ") == "11010519491231002X");
  CHECK(normal_resident_id("110105491231002") == "11010519491231002X");
}

TEST_CASE("resident ids that cannot be right are refused") {
  for (const char* id : {"", "110105194912310021", "11010519491231002", "11010519491231002XX", "110105194913310025", "1101051949123100AX",
                         "110105491331002", "11010549123100X", "X1010519491231002X"}) {
    CAPTURE(id);
    CHECK(normal_resident_id(id).empty());
  }
}

TEST_CASE("a resident id tells birth date and sex") {
  CHECK(resident_id_birth_date("11010519491231002X") == Date{1949, 12, 31});
  CHECK(resident_id_sex("11010519491231002X") == Sex::female);
  CHECK(resident_id_sex("440524198001010013") == Sex::male);
  CHECK(resident_id_sex("") == Sex::unknown);
  CHECK_FALSE(resident_id_birth_date("110105").present());
}

TEST_CASE("the same person: verified id, name and birth date agree") {
  CHECK(verdict(chen(), chen()) == "same identity.same");

  auto other = chen();
  other.local_id = "C777";
  other.identifiers[0].value = "110105491231002";  // the old form of the same number
  other.sex = Sex::unknown;
  other.phone = "1";
  CHECK(verdict(chen(), other) == "same identity.same");

  other.birth_date = {};  // the id tells it
  CHECK(verdict(chen(), other) == "same identity.same");

  auto spaced = chen();
  spaced.name = "陈　东珅";
  CHECK(verdict(chen(), spaced) == "same identity.same");
}

TEST_CASE("dots in names have many forms") {
  auto a = chen(), b = chen();
  a.name = "阿依古丽·买买提";
  b.name = "阿依古丽•买买提";
  CHECK(verdict(a, b) == "same identity.same");
}

TEST_CASE("a name alone proves nothing, nor does a hospital's own number") {
  auto a = chen(), b = chen();
  a.identifiers = {{"local", "88", "H1"}};
  b.identifiers = {{"local", "88", "H1"}};
  CHECK(verdict(a, b) == "unsure identity.no_common_id");
  a.identifiers.clear();
  CHECK(verdict(a, chen()) == "unsure identity.no_common_id");
}

TEST_CASE("another resident id is another person") {
  auto b = chen();
  b.identifiers[0].value = "34052419800101001X";
  CHECK(verdict(chen(), b) == "different identity.id_differs");
}

TEST_CASE("a resident id with a wrong check digit proves nothing") {
  auto a = chen(), b = chen();
  a.identifiers[0].value = b.identifiers[0].value = "110105194912310021";
  CHECK(verdict(a, b) == "unsure identity.no_common_id");
}

TEST_CASE("a card that agrees while something else does not waits for a person") {
  auto b = chen();
  b.name = "陈西珅";
  CHECK(verdict(chen(), b) == "unsure identity.name_differs");
  b = chen();
  b.name.clear();
  CHECK(verdict(chen(), b) == "unsure identity.name_missing");
  b = chen();
  b.sex = Sex::male;
  CHECK(verdict(chen(), b) == "unsure identity.id_against_sex");
  b = chen();
  b.birth_date = {1949, 12, 30};
  CHECK(verdict(chen(), b) == "unsure identity.id_against_birth_date");
  b = chen();
  b.identifiers.push_back({"passport", "E12345678", ""});
  auto c = chen();
  c.identifiers = {{"passport", "E12345678", ""}, {"resident_id", "34052419800101001X", ""}};
  CHECK(verdict(b, c) == "unsure identity.ids_conflict");
}

TEST_CASE("other documents count when birth dates are whole and agree") {
  auto a = chen();
  a.identifiers = {{"passport", "e12345678", ""}};
  auto b = a;
  b.identifiers[0].value = "E12345678";
  CHECK(verdict(a, b) == "same identity.same");
  b.birth_date = {1949, 0, 0};
  CHECK(verdict(a, b) == "unsure identity.birth_date_missing");
  b.birth_date = {1950, 1, 1};
  CHECK(verdict(a, b) == "unsure identity.birth_date_differs");
  b.name = "别人";
  CHECK(verdict(a, b) == "different identity.name_differs");
}

TEST_CASE("a health card counts within its issuer") {
  auto a = chen();
  a.identifiers = {{"health_card", "7", "420100"}};
  auto b = a;
  CHECK(verdict(a, b) == "same identity.same");
  b.identifiers[0].assigner = "430100";
  CHECK(verdict(a, b) == "unsure identity.no_common_id");
}
