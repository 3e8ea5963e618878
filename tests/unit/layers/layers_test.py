"""The house is in order, and the checker would see it if it were not."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import house_rules as house  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))


class TheHouse(unittest.TestCase):
    def in_order(self, faults):
        self.assertEqual([], faults, "\n" + "\n".join(faults))

    def test_every_include_is_one_that_the_architecture_page_allows(self):
        self.in_order(house.layer_faults(ROOT))

    def test_no_file_is_longer_than_500_lines(self):
        self.in_order(house.length_faults(ROOT))

    def test_the_top_level_holds_the_prescribed_places_only(self):
        self.in_order(house.top_level_faults(ROOT))

    def test_no_file_is_big_or_unfinished_or_names_a_machine(self):
        self.in_order(house.content_faults(ROOT))


class TheChecker(unittest.TestCase):
    PAGE = """
| room | holds | may include |
| --- | --- | --- |
| `plugin/core/base` | results | nlohmann, iconv |
| `plugin/core/cda` | documents | base, pugixml |
| `plugin/engine` | pumps | core/*, adapter.hpp, Poco |
| `adapters/*` | adapters | adapter.hpp, core/*, adapters/common, own libraries |
"""
    FILES = {"plugin/core/base/text.hpp", "plugin/core/cda/page.hpp", "plugin/engine/pump.hpp", "plugin/include/huren/adapter.hpp",
             "adapters/common/net.hpp", "adapters/partner/mllp/link.hpp", "tests/support/temp_dir.hpp"}

    def faults(self, path, text):
        return house.include_faults(path, text, house.read_table(self.PAGE), self.FILES)

    def test_what_the_table_allows_passes(self):
        self.assertEqual([], self.faults("plugin/core/cda/a.cpp", '#include "core/base/text.hpp"\n#include <pugixml.hpp>\n#include <vector>\n'))
        self.assertEqual([], self.faults("plugin/engine/a.cpp", '#include "core/cda/page.hpp"\n#include "huren/adapter.hpp"\n#include <Poco/File.h>\n'))
        self.assertEqual([], self.faults("adapters/partner/mllp/a.cpp", '#include "adapters/common/net.hpp"\n#include <openssl/ssl.h>\n'))

    def test_a_planted_violation_is_seen(self):
        for path, line in [
                ("plugin/core/base/a.cpp", '#include "core/cda/page.hpp"'),          # upwards
                ("plugin/core/cda/a.cpp", '#include "engine/pump.hpp"'),
                ("plugin/core/base/a.cpp", "#include <pugixml.hpp>"),               # cda's alone
                ("plugin/core/cda/a.cpp", "#include <Poco/File.h>"),
                ("plugin/core/cda/a.cpp", "#include <openssl/ssl.h>"),
                ("plugin/core/cda/a.cpp", "#include <thread>"),                     # core is pure
                ("plugin/core/cda/a.cpp", "#  include <sys/socket.h>"),
                ("plugin/core/cda/a.cpp", "#include <fmt/core.h>"),                 # a library nobody listed
                ("plugin/engine/a.cpp", '#include "adapters/partner/mllp/link.hpp"'),  # a concrete adapter
                ("plugin/engine/a.cpp", '#include "tests/support/temp_dir.hpp"'),
                ("adapters/his/feed/a.cpp", '#include "adapters/partner/mllp/link.hpp"'),  # each other
                ("adapters/his/feed/a.cpp", '#include "engine/pump.hpp"'),
                ("plugin/engine/a.cpp", '#include "engine/gone.hpp"'),
                ("plugin/attic/a.cpp", "#include <vector>")]:                       # a room without a row
            with self.subTest(path=path, line=line):
                self.assertEqual(1, len(self.faults(path, line + "\n")))

    def test_an_unfinished_line_and_a_machine_path_are_seen(self):
        self.assertEqual(1, len(house.wording_faults("a", "// TO" + "DO later")))
        for path in ("/wo" + "rk/main", "/ro" + "ot/x", "/ho" + "me/someone"):
            self.assertEqual(1, len(house.wording_faults("a", f"see {path}")), path)
        self.assertEqual(1, len(house.wording_faults("a", 'TEST_CASE' + '("one; two")')))
        self.assertEqual([], house.wording_faults("a", "/ClinicalDocument/recordTarget, templateId/@root, network/home"))


if __name__ == "__main__":
    unittest.main()
