// A HIS in C++17, as small as it can be: a report is released, an order is placed, the doctor sees the card and decides.
// usage: host CONFIG_FOLDER
// JSON is written and read here by hand so that the sample needs no library; use the one that your HIS has.
#include <ctime>
#include <iostream>
#include <regex>

#include "huren.hpp"

namespace {

const std::string kPatient = R"({"local_id":"P1","name":"陈东珅","sex":"female","birth_date":"1949-12-31",)"
                             R"("identifiers":[{"type":"resident_id","value":"11010519491231002X"}]})";

const std::time_t kNow = std::time(nullptr);  // one for the whole run: the same key must come with the same body

std::string china_time(const char* format, int minus_hours = 0) {
  const std::time_t moment = kNow + (8 - minus_hours) * 3600;
  char text[32];
  std::strftime(text, sizeof text, format, std::gmtime(&moment));
  return text;
}
std::string at(int minus_hours) { return china_time("%Y-%m-%dT%H:%M:%S+08:00", minus_hours); }
const std::string kRun = china_time("%Y%m%d%H%M%S");  // makes the keys of this run its own

std::string visit(const std::string& rest) {
  return R"({"patient_id":"P1","encounter_id":"E)" + kRun + R"(","department":"内分泌科","doctor":{"id":"D1027","name":"赵敏"},)" + rest + "}";
}

std::string report(const std::string& number, const std::string& value) {
  return R"({"report":{"origin":{"code":"HB-COUNTY-01","name":"县医院"},"number":")" + number + R"(","version":1,"status":"final",)" +
         R"("panel":{"code":"SH01","name":"生化"},"category":"生化","patient":)" + kPatient + R"(,"patient_class":"outpatient",)" +
         R"("specimen":{"id":"B1","type":{"code":"serum","name":"血清","system":"HUREN"},"collected_at":")" + at(2) + R"("},)" +
         R"("observations":[{"set_id":"1","local":{"code":"GLU01","name":"葡萄糖"},"value_type":"NM","value":")" + value + R"(",)" +
         R"("unit":"mmol/L","range":{"text":"3.9-6.1","low":3.9,"high":6.1},"status":"final","marks":["鄂HR"],)" +
         R"("performer":{"code":"HB-COUNTY-01","name":"检验科"}}],"author":{"id":"L7","name":"李强"},)" +
         R"("verifier":{"id":"L2","name":"周海"},"reported_at":")" + at(1) + R"("}})";
}

std::string first(const std::string& pattern, const std::string& in) {
  std::smatch m;
  return std::regex_search(in, m, std::regex(pattern)) ? m[1].str() : "";
}
std::string member(const std::string& json, const std::string& name) { return first('"' + name + R"x(":"([^"]*)")x", json); }
const char* word(huren_status s) { return s == HUREN_OK ? "OK" : "DUPLICATE"; }

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  {
    huren_sdk::Huren huren(argv[1], "Sample", "C++ HIS", "1");
    std::cout << "patient " << word(huren.submit("patient.registered/1", "P1-" + kRun, R"({"patient":)" + kPatient + "}")) << '\n';
    std::cout << "encounter " << word(huren.submit("encounter.started/1", "E" + kRun, visit(R"("patient_class":"outpatient","at":")" + at(0) + '"'))) << '\n';
    std::cout << "report " << word(huren.submit("lab.report.released/1", "R" + kRun + "/1", report("R" + kRun, "5.42"))) << '\n';
    std::cout << "again " << word(huren.submit("lab.report.released/1", "R" + kRun + "/1", report("R" + kRun, "5.42"))) << '\n';

    const auto answer = huren.query("order.check/1", visit(R"("orders":[{"order_id":"O)" + kRun + R"(","item":{"code":"GLU01","name":"葡萄糖"}}])"), 2000);
    if (answer && !member(*answer, "summary").empty()) {
      std::cout << "card " << member(*answer, "outcome") << ' ' << member(*answer, "summary") << '\n';
      std::cout << "decided "
                << word(huren.submit("recognition.decided/1", "D" + kRun,
                                     visit(R"("decision_id":"D)" + kRun + R"(","suggestion_id":")" + member(answer->substr(answer->find("\"suggestions\"")), "uuid") +
                                           R"(","order_id":"O)" + kRun + R"(","order_item":"GLU01","outcome":"accepted","result_ids":)" +
                                           first(R"("result_ids":(\[[^\]]*\]))", *answer) + R"(,"at":")" + at(0) + '"')))
                << '\n';
    }

    std::cout << "faulty report " << word(huren.submit("lab.report.released/1", "F" + kRun + "/1", report("F" + kRun, ""))) << '\n';
    while (const auto notice = huren.poll(2000)) {  // the text for the record; then what was wrong in a body, with its place
      const auto topic = member(*notice, "topic"), where = member(*notice, "where");
      std::cout << "notice " << topic << (where.empty() ? "" : " ") << where << '\n';
      huren.acknowledge(member(*notice, "notice_id"));
      if (topic == "event.rejected/1") break;
    }
  }
  std::cout << "closed\n";
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
