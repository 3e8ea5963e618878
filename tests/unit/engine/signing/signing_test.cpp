#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "engine/signing/signing.hpp"

using namespace huren;
using namespace huren::signing;

namespace {

constexpr std::int64_t kDay = 86400LL * 1000;
const std::string kCode = "91350100M000100Y43";
const std::string kText = "<?xml version=\"1.0\"?><ClinicalDocument>检验报告</ClinicalDocument>";

// A certificate authority and signers made with the openssl tool, in a folder of its own.
struct Workshop {
  std::filesystem::path folder;
  Workshop() {
    std::string name = (std::filesystem::temp_directory_path() / "huren-signing-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    folder = name;
  }
  ~Workshop() { std::filesystem::remove_all(folder); }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  void run(const std::string& command) const {
    const auto all = "cd '" + folder.string() + "' && { " + command + "; } >log 2>&1";
    INFO(command);
    const int status = std::system(all.c_str());
    INFO(read("log"));
    REQUIRE(status == 0);
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in(folder / name, std::ios::binary);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name, std::ios::binary) << text; }
  void self_signed(const std::string& name, const std::string& curve, const std::string& organisation = kCode, const std::string& more = "") const {
    const std::string sm2 = curve == "SM2" ? " -sm3 -sigopt distid:1234567812345678" : "";
    run("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:" + curve + " -out " + name + ".key && openssl req -new -x509 -key " + name + ".key" + sm2 +
        " -subj '/O=" + organisation + "/CN=" + name + "' -days 30 " + more + " -out " + name + ".crt");
  }
};

std::int64_t now_ms() { return static_cast<std::int64_t>(std::time(nullptr)) * 1000; }

Trust trust(const Workshop& w, const std::string& certificate) {
  Trust t;
  t.pinned_sha256 = {certificate_sha256(w.read(certificate))};
  t.organisation = kCode;
  t.at_ms = now_ms() + 60000;
  return t;
}

std::string refused(const Result<Signer>& r) { return r ? "taken" : std::string(r.error().id); }

}  // namespace

TEST_CASE("ECDSA-P256 and SM2 signatures verify over the exact bytes and over no others") {
  const std::string curve = GENERATE("P-256", "SM2");
  const Workshop w;
  w.self_signed("a", curve);
  const auto signature = sign(kText, w.read("a.key"), w.read("a.crt"));
  REQUIRE(signature);
  const auto signer = verify(kText, *signature, trust(w, "a.crt"));
  INFO(refused(signer));
  REQUIRE(signer);
  CHECK(signer->algorithm == (curve == "SM2" ? "SM2" : "ECDSA-P256"));
  CHECK(signer->subject.find(kCode) != std::string::npos);
  CHECK(signer->sha256.size() == 64);
  CHECK(refused(verify(kText + " ", *signature, trust(w, "a.crt"))) == "signature.mismatch");
  auto changed = kText;
  changed[30] ^= 1;
  CHECK(refused(verify(changed, *signature, trust(w, "a.crt"))) == "signature.mismatch");
  CHECK(refused(verify("", *signature, trust(w, "a.crt"))) == "signature.mismatch");
}

TEST_CASE("the openssl tool takes our P-256 signature and we take its") {
  const Workshop w;
  w.self_signed("a", "P-256");
  w.write("document", kText);
  w.write("ours", *sign(kText, w.read("a.key"), w.read("a.crt")));
  w.run("openssl cms -verify -binary -inform DER -in ours -content document -CAfile a.crt -purpose any -out /dev/null");
  w.run("openssl cms -sign -binary -in document -signer a.crt -inkey a.key -md sha256 -outform DER -out theirs");
  CHECK(refused(verify(kText, w.read("theirs"), trust(w, "a.crt"))) == "taken");
  CHECK(refused(verify(kText + "x", w.read("theirs"), trust(w, "a.crt"))) == "signature.mismatch");
  w.run("openssl cms -sign -binary -in document -signer a.crt -inkey a.key -md sha256 -outform PEM -out pem");
  CHECK(refused(verify(kText, w.read("pem"), trust(w, "a.crt"))) == "taken");
  w.run("openssl cms -sign -binary -nodetach -in document -signer a.crt -inkey a.key -md sha256 -outform DER -out attached");
  CHECK(refused(verify(kText, w.read("attached"), trust(w, "a.crt"))) == "signature.attached");
}

TEST_CASE("expired, early, unpinned and wrong-hospital signers are refused by name") {
  const Workshop w;
  w.self_signed("a", "P-256");
  w.self_signed("b", "P-256", "91420100M000100X11");
  const auto signature = *sign(kText, w.read("a.key"), w.read("a.crt"));
  auto t = trust(w, "a.crt");
  t.at_ms = now_ms() + 31 * kDay;
  CHECK(refused(verify(kText, signature, t)) == "signature.expired");
  t.at_ms = now_ms() - kDay;
  CHECK(refused(verify(kText, signature, t)) == "signature.not_yet_valid");
  CHECK(refused(verify(kText, signature, trust(w, "b.crt"))) == "signature.unknown_signer");
  const auto other = *sign(kText, w.read("b.key"), w.read("b.crt"));
  CHECK(refused(verify(kText, other, trust(w, "b.crt"))) == "signature.wrong_hospital");
  t = trust(w, "a.crt");
  t.pinned_sha256.clear();
  CHECK(refused(verify(kText, signature, t)) == "signature.no_trust");
  const Workshop v;
  v.self_signed("c", "P-256", kCode, "-addext keyUsage=critical,keyAgreement");
  CHECK(refused(verify(kText, *sign(kText, v.read("c.key"), v.read("c.crt")), trust(v, "c.crt"))) == "signature.usage");
}

TEST_CASE("a revoked certificate of an authority is refused, its sister is not") {
  const Workshop w;
  w.run("openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -subj /CN=CA -days 60 "
        "-addext keyUsage=critical,keyCertSign,cRLSign -out ca.crt");
  for (const std::string name : {"good", "bad"})
    w.run("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -subj /O=" + kCode + "/CN=" + name + " -out " + name +
          ".csr && openssl x509 -req -in " + name + ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out " + name + ".crt");
  w.run("touch index && echo 01 >crlnumber && printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\ncrlnumber=crlnumber\\ndefault_md=sha256\\ndefault_crl_days=7\\n' >cnf && "
        "openssl ca -config cnf -revoke bad.crt -cert ca.crt -keyfile ca.key && openssl ca -config cnf -gencrl -cert ca.crt -keyfile ca.key -out crl.pem");
  Trust t;
  t.authority_pem = w.read("ca.crt");
  t.crl_pem = w.read("crl.pem");
  t.organisation = kCode;
  t.at_ms = now_ms() + 60000;
  CHECK(refused(verify(kText, *sign(kText, w.read("good.key"), w.read("good.crt")), t)) == "taken");
  CHECK(refused(verify(kText, *sign(kText, w.read("bad.key"), w.read("bad.crt")), t)) == "signature.revoked");
  t.at_ms = now_ms() + 10 * kDay;
  CHECK(refused(verify(kText, *sign(kText, w.read("good.key"), w.read("good.crt")), t)) == "signature.crl");
  w.self_signed("stranger", "P-256");
  t.at_ms = now_ms() + 60000;
  CHECK(refused(verify(kText, *sign(kText, w.read("stranger.key"), w.read("stranger.crt")), t)) == "signature.untrusted");
}

TEST_CASE("what is no signature, or none of ours, is refused by name and never crashes") {
  const Workshop w;
  w.self_signed("a", "P-256");
  w.self_signed("b", "P-256");
  w.run("openssl req -new -x509 -newkey rsa:2048 -nodes -keyout r.key -subj /O=" + kCode + "/CN=r -days 30 -out r.crt");
  const auto t = trust(w, "a.crt");
  CHECK(refused(verify(kText, "not a signature", t)) == "signature.unreadable");
  CHECK(refused(verify(kText, "", t)) == "signature.unreadable");
  const auto good = *sign(kText, w.read("a.key"), w.read("a.crt"));
  CHECK(refused(verify(kText, good + "x", t)) == "signature.unreadable");
  for (std::size_t cut = 1; cut < good.size(); cut += 7) CHECK(refused(verify(kText, good.substr(0, cut), t)) != "taken");
  for (std::size_t i = 0; i < good.size(); i += 5) {
    auto flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x40);
    const auto r = verify(kText, flipped, t);
    if (r) CHECK(r->sha256 == t.pinned_sha256[0]);  // a flip in what is not signed and not pinned, such as an algorithm's NULL
  }
  CHECK(sign(kText, w.read("a.key"), w.read("b.crt")).error().id == "signature.pair");
  CHECK(sign(kText, w.read("r.key"), w.read("r.crt")).error().id == "signature.algorithm");
  CHECK(sign(kText, "x", w.read("a.crt")).error().id == "signature.key");
  CHECK(sign(kText, w.read("a.key"), "x").error().id == "signature.certificate");
}

TEST_CASE("the agreement decides whether a signature is required, accepted or not looked at") {
  const Workshop w;
  w.self_signed("a", "P-256");
  const auto t = trust(w, "a.crt");
  const auto good = *sign(kText, w.read("a.key"), w.read("a.crt"));
  CHECK(admit(Policy::required, kText, "", t).error().id == "signature.missing");
  CHECK(admit(Policy::required, kText, good, t));
  const auto without = admit(Policy::accepted, kText, "", t);
  REQUIRE(without);
  CHECK_FALSE(without->has_value());
  CHECK(admit(Policy::accepted, kText + "x", good, t).error().id == "signature.mismatch");
  CHECK(admit(Policy::off, kText, "rubbish", t));
  CHECK(policy_from_word("required") == Policy::required);
  CHECK_FALSE(policy_from_word("maybe"));
}
