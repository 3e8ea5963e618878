#include "ctl/hl7/hl7_command.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "core/base/text.hpp"

using huren::ctl::hl7_command;

namespace {

const std::string kGood =
    "MSH|^~\\&|LIS|县医院|HIS|B|20261122||ORU^R01^ORU_R01|M1|P|2.5.1||||||UNICODE UTF-8\rPID|1||7^^^A^MR~8||王^珅\r"
    "OBR|1|||2345-7^Glucose^LN\rOBX|1|NM|2345-7^Glucose^LN||5.6||||||F\r";
const std::string kFaulty = "MSH|^~\\&|LIS|A|HIS|B|20261122||ORU^R01^ORU_R01|M2|P|2.5.1\rPID|1||||A\rOBR|1|||X\r";

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "huren_ctl_XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

struct Run {
  explicit Run(const std::vector<std::string>& args) { code = hl7_command(args, out, err); }
  std::ostringstream out, err;
  int code = 0;
};

// A stream that another thread may read while it is written.
class Lines : public std::stringbuf {
 public:
  std::string wait_for_line() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return text_.find('\n') != std::string::npos; });
    return text_;
  }
  std::string all() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  int sync() override {
    const std::lock_guard lock(mutex_);
    text_ += str();
    str("");
    changed_.notify_all();
    return 0;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

}  // namespace

TEST_CASE("show gives every value under its path") {
  const Folder folder;
  const Run run({"show", folder.file("good.hl7", kGood)});
  CHECK(run.code == 0);
  const auto json = nlohmann::json::parse(run.out.str());
  CHECK(json["MSH-9.3"] == "ORU_R01");
  CHECK(json["PID-3[1].4"] == "A");
  CHECK(json["PID-3[2]"] == "8");
  CHECK(json["PID-5.2"] == "珅");
  CHECK_FALSE(json.contains("PID-4"));
  const Run two({"show", folder.file("a.hl7", kGood), folder.file("b.hl7", kGood + kGood)});
  CHECK(nlohmann::json::parse(two.out.str()).size() == 3);
}

TEST_CASE("check tells clean, faulty and unreadable apart by its exit code") {
  const Folder folder;
  const auto good = folder.file("good.hl7", kGood), faulty = folder.file("faulty.hl7", kFaulty);
  CHECK(Run({"check", good}).code == 0);
  const Run bad({"--lang", "en", "check", faulty, good});
  CHECK(bad.code == 1);
  CHECK(bad.out.str().find("error PID-3: A required field is empty") != std::string::npos);
  CHECK(Run({"check", good, folder.file("none.hl7", "nothing")}).code == 2);
  CHECK(Run({"check", (std::filesystem::path(faulty).parent_path() / "absent.hl7").string()}).code == 2);
  const Run json({"check", "--json", faulty});
  CHECK(json.code == 1);
  CHECK(nlohmann::json::parse(json.out.str())[0]["findings"][0]["code"] == "101");
}

TEST_CASE("check takes a partner's profile from a file, and refuses one that is wrong") {
  const Folder folder;
  const auto good = folder.file("good.hl7", kGood);
  const auto tight = folder.file("tight.csv", "path,rule,value,severity\n*,base,standard,\nPID-8,usage,R,error\n");
  CHECK(Run({"check", "--profile", tight, good}).code == 1);
  CHECK(Run({"check", "--profile", "alliance", good}).code == 0);
  CHECK(Run({"check", "--profile", folder.file("bad.csv", "path,rule,value,severity\nnonsense\n"), good}).code == 2);
  CHECK(Run({"check", "--profile", "nobody", good}).code == 2);
}

TEST_CASE("roundtrip writes the same bytes in the message's own charset") {
  const Folder folder;
  CHECK(Run({"roundtrip", folder.file("good.hl7", kGood)}).out.str() == kGood);
  std::string text = kGood;
  text.replace(text.find("UNICODE UTF-8"), 13, "GB 18030-2000");
  const auto gb = *huren::from_utf8(text, huren::Charset::gb18030);
  CHECK(Run({"roundtrip", folder.file("gb.hl7", gb)}).out.str() == gb);
}

TEST_CASE("a wrong command line is 2 and says how it is used") {
  CHECK(Run(std::vector<std::string>{}).code == 2);
  CHECK(Run({"nonsense"}).code == 2);
  CHECK(Run({"show"}).code == 2);
  CHECK(Run({"send", "nowhere", "file"}).code == 2);
  CHECK(Run({"--help"}).code == 0);
}

TEST_CASE("send and listen exchange a message, a faulty one and an acknowledgement that nobody acknowledges") {
  const Folder folder;
  Lines lines;
  std::ostringstream err;
  std::thread listener([&] {
    std::ostream out(&lines);
    const std::vector<std::string> args{"listen", "0", "--messages", "4"};
    hl7_command(args, out, err);
  });
  const auto first = lines.wait_for_line();
  const auto port = first.substr(13, first.find('\n') - 13);
  const auto peer = "127.0.0.1:" + port;
  const Run good({"send", peer, folder.file("good.hl7", kGood)});
  CHECK(good.code == 0);
  CHECK(good.out.str().find("AA M1") != std::string::npos);
  const Run faulty({"send", peer, folder.file("faulty.hl7", kFaulty)});
  CHECK(faulty.code == 1);
  CHECK(faulty.out.str().find("E 101 PID[1]-3") != std::string::npos);
  const Run garbage({"send", peer, folder.file("garbage.hl7", "MSH|^~\\&|A|B|C|D|1||ADT^A08|M3|P|2.5||||||KOI8-R\r")});
  CHECK(garbage.code == 1);
  CHECK(garbage.out.str().find("AR M3") != std::string::npos);
  const Run ack({"send", "--timeout", "300", peer, folder.file("ack.hl7", "MSH|^~\\&|A|B|C|D|1||ACK|M4|P|2.5\rMSA|AA|M0\r")});
  CHECK(ack.code == 2);
  listener.join();
  CHECK(lines.all().find("ACK, not acknowledged") != std::string::npos);
}

TEST_CASE("send and listen in enhanced mode: CA, then AA or AE, as MSH-15 and MSH-16 ask") {
  const Folder folder;
  Lines lines;
  std::ostringstream err;
  std::thread listener([&] {
    std::ostream out(&lines);
    const std::vector<std::string> args{"listen", "0", "--messages", "5"};
    hl7_command(args, out, err);
  });
  const auto first = lines.wait_for_line();
  const auto peer = "127.0.0.1:" + first.substr(13, first.find('\n') - 13);
  const auto asking = [&](const std::string& base, const std::string& accept, const std::string& application) {
    auto bytes = base;
    const std::string empty = base == kGood ? "|P|2.5.1||||||UNICODE" : "|P|2.5.1\r";
    const std::string full = "|P|2.5.1|||" + accept + "|" + application + (base == kGood ? "||UNICODE" : "\r");
    return folder.file("m" + accept + application + (base == kGood ? "g" : "f"), bytes.replace(bytes.find(empty), empty.size(), full));
  };
  CHECK(Run({"send", peer, asking(kGood, "AL", "AL")}).out.str().find(": CA, AA M1") != std::string::npos);
  const Run faulty({"send", peer, asking(kFaulty, "AL", "AL")});
  CHECK(faulty.code == 1);
  CHECK(faulty.out.str().find(": CA, AE M2") != std::string::npos);
  CHECK(Run({"send", peer, asking(kGood, "AL", "NE")}).out.str().find(": CA M1") != std::string::npos);
  CHECK(Run({"send", peer, asking(kGood, "NE", "AL")}).out.str().find(": AA M1") != std::string::npos);
  const Run owed({"--lang", "en", "send", "--timeout", "300", peer, asking(kFaulty, "AL", "SU")});  // an AE is not wanted
  CHECK(owed.code == 0);
  CHECK(owed.out.str().find(": CA M2") != std::string::npos);
  CHECK(owed.out.str().find("did not come within 300 ms") != std::string::npos);
  listener.join();
  CHECK(lines.all().find("CA AA ORU^R01 M1") != std::string::npos);
}
