#include "tests/conformance/his/kit.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>

#include "adapters/his/cds_hooks/entry.hpp"
#include "adapters/his/db_view/entry.hpp"
#include "adapters/his/hl7v2_feed/entry.hpp"
#include "adapters/his/soap_xml/entry.hpp"
#include "tests/support/his/vendor_db.hpp"

namespace huren::test {
namespace {

class Hl7Kit final : public HisKit {
 public:
  const AdapterEntry& entry() const override { return his_hl7v2_feed_entry(); }
  Options options() override { return {{"listen", "127.0.0.1:0"}}; }
  std::string folder() override { return dir_.path().string(); }
  bool tell(const LabReport& r, std::uint16_t port) override {
    const auto number = r.has_number ? r.number : std::string();
    const std::string message = "MSH|^~\\&|LIS|HA|HIS|HA|20261122093000||ORU^R01|M" + std::to_string(++count_) + "|P|2.4||||||UNICODE UTF-8\rPID|1||P1~11010519491231002X^^^^NNCHN||陈东珅||19491231|F\r"
                                "OBR|1||" + number + "|SH^生化|||20261122071500|||||||||||||||20261122092000|||F\rOBX|1|NM|GLU01^葡萄糖||" + r.value + "|mmol/L|3.9-6.1||||F\r";
    const auto answer = say("\x0B" + message + "\x1C\x0D", port);
    return answer.find("MSA|AA") != std::string::npos;
  }
  bool tell_garbage(std::uint16_t port) override { return say(std::string("\x0B\0\xFF|x\x1C\x0D", 7), port).size() < 100'000; }

 private:
  static std::string say(const std::string& bytes, std::uint16_t port) {
    Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", port));
    socket.setReceiveTimeout(Poco::Timespan(5, 0));
    socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
    std::string out;
    try {
      char buffer[4096];
      while (out.find('\x1C') == std::string::npos) {
        const int n = socket.receiveBytes(buffer, sizeof buffer);
        if (n <= 0) break;
        out.append(buffer, static_cast<std::size_t>(n));
      }
    } catch (const Poco::Exception&) {
    }
    return out;
  }
  TempDir dir_;
  int count_ = 0;
};

class DbKit final : public HisKit {
 public:
  DbKit() : db_("sqlite") { db_.middle_tables(); }
  const AdapterEntry& entry() const override { return his_db_view_entry(); }
  Options options() override {
    return {{"database", "sqlite"}, {"connection_file", db_.connection_file()}, {"mapping", "middle_table"}, {"state_dir", db_.folder()}, {"poll_ms", "10"}, {"settle_ms", "0"}};
  }
  std::string folder() override { return db_.folder(); }
  bool tell(const LabReport& r, std::uint16_t) override {
    db_.run("DELETE FROM MID_RESULT WHERE REPORT_NO='" + r.number + "'");
    if (r.has_number) db_.result(r.number, 1, "GLU01", r.value);
    else db_.run("INSERT INTO MID_RESULT(REPORT_NO, PATIENT_NAME, ITEM_CODE, RESULT, STATE, SEND_FLAG) VALUES('" + r.number + "', '陈东珅', 'GLU01', '1', '1', '0')");  // key, but no patient
    return true;
  }
  bool tell_garbage(std::uint16_t) override {
    db_.run("INSERT INTO MID_RESULT(REPORT_NO, PATIENT_ID, PATIENT_NAME, ITEM_CODE, RESULT, STATE, SEND_FLAG) VALUES('G''; DROP TABLE MID_RESULT; --', X'00FF', X'FEFF', 'x', X'00', '1', '0')");
    return true;
  }
  bool told_again() const override { return false; }

 private:
  VendorDb db_;
};

class SoapKit final : public HisKit {
 public:
  const AdapterEntry& entry() const override { return his_soap_xml_entry(); }
  Options options() override { return {{"listen", "127.0.0.1:0"}, {"mapping", "vendor_xml"}, {"state_dir", folder()}}; }
  std::string folder() override { return dir_.path().string(); }
  bool tell(const LabReport& r, std::uint16_t port) override {
    const std::string xml = "<Request><Header><Function>S0003</Function></Header><Body><Patient><PatientID>P1</PatientID><Name>陈东珅</Name><Sex>女</Sex><Birthday>1949-12-31</Birthday>"
                            "<Identity type=\"01\">11010519491231002X</Identity></Patient><Report>" + (r.has_number ? "<ReportNo>" + r.number + "</ReportNo>" : "") +
                            "<State>1</State><Sample type=\"serum\"><CollectTime>2026-11-22 07:15:00</CollectTime></Sample><ReportTime>2026-11-22 09:20:00</ReportTime><Items>"
                            "<Item code=\"GLU01\" name=\"葡萄糖\"><Result unit=\"mmol/L\">" + r.value + "</Result><Range>3.9-6.1</Range></Item></Items></Report></Body></Request>";
    const auto said = http(port, "POST", "/", "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><Submit xmlns=\"http://vendor.example/his\"><message><![CDATA[" + xml +
                           "]]></message></Submit></s:Body></s:Envelope>", "text/xml; charset=utf-8");
    return said.body.find("&lt;Code&gt;0&lt;/Code&gt;") != std::string::npos;
  }
  bool tell_garbage(std::uint16_t port) override { return http(port, "POST", "/", std::string("<!DOCTYPE x>\0\xFF", 14), "text/xml").status >= 400; }

 private:
  TempDir dir_;
};

// Brings no reports; what all adapters owe holds for it too.
class CdsKit final : public HisKit {
 public:
  const AdapterEntry& entry() const override { return his_cds_hooks_entry(); }
  Options options() override { return {{"listen", "127.0.0.1:0"}}; }
  std::string folder() override { return dir_.path().string(); }
  bool tell(const LabReport&, std::uint16_t port) override { return http(port, "GET", "/cds-services", "", "").status == 200; }
  bool tell_garbage(std::uint16_t port) override { return http(port, "POST", "/cds-services/huren-order-sign", std::string("{\0\xFF", 3), "application/json").status >= 400; }
  bool reports() const override { return false; }

 private:
  TempDir dir_;
};

template <class Kit>
std::unique_ptr<HisKit> made() {
  return std::make_unique<Kit>();
}

}  // namespace

const std::vector<HisKitMaker>& his_kits() {
  static const std::vector<HisKitMaker> all{{"hl7v2_feed", made<Hl7Kit>}, {"db_view", made<DbKit>}, {"soap_xml", made<SoapKit>}, {"cds_hooks", made<CdsKit>}};
  return all;
}

HttpSaid http(std::uint16_t port, const std::string& method, const std::string& path, const std::string& body, const std::string& type) {
  HttpSaid out;
  try {
    Poco::Net::HTTPClientSession session("127.0.0.1", port);
    session.setTimeout(Poco::Timespan(10, 0));
    Poco::Net::HTTPRequest request(method, path, Poco::Net::HTTPMessage::HTTP_1_1);
    if (method == "POST") {
      request.setContentType(type);
      request.setContentLength64(static_cast<Poco::Int64>(body.size()));
    }
    session.sendRequest(request) << body;
    Poco::Net::HTTPResponse response;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), out.body);
    out.status = response.getStatus();
  } catch (const Poco::Exception&) {
  }
  return out;
}

}  // namespace huren::test
