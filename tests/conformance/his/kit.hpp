// What the conformance suite of huren.his/1 needs of each adapter: a HIS that speaks its dialect. The cases know nothing else.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tests/support/his/his_engine.hpp"

namespace huren::test {

struct LabReport {
  std::string number = "R1", value = "8.42";
  bool has_number = true;
};

class HisKit {
 public:
  virtual ~HisKit() = default;
  virtual const AdapterEntry& entry() const = 0;
  virtual Options options() = 0;
  virtual std::string folder() = 0;              // where the configuration would be
  // The HIS tells of a glucose of 陈东珅. true: it was told that it was taken; a HIS that is asked (tables) is always content.
  virtual bool tell(const LabReport& report, std::uint16_t port) = 0;
  virtual bool tell_garbage(std::uint16_t port) = 0;  // false: there is no way to
  virtual bool told_again() const { return true; }    // the HIS repeats what was not taken; else it waits in its tables
  virtual bool reports() const { return true; }       // the dialect carries reports
};

struct HisKitMaker { const char* name; std::unique_ptr<HisKit> (*make)(); };
const std::vector<HisKitMaker>& his_kits();

// An HTTP request over a connection of its own; status 0: none came.
struct HttpSaid { int status = 0; std::string body; };
HttpSaid http(std::uint16_t port, const std::string& method, const std::string& path, const std::string& body, const std::string& type);

}  // namespace huren::test
