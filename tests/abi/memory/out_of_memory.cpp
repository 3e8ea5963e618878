// Memory runs out at the n-th allocation of one call, n = 1, 2, ... until the call gets by without reaching n.
// After each: the status is one that a host can act on, nothing was stored by half, and huren goes on working.
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <set>

#include "tests/abi/sandbox.hpp"

namespace {
std::atomic<long> countdown{0};  // 0: not armed
std::atomic<bool> hit{false};

// One allocation fails, or with kOnwards every one from the n-th on until the call is over.
std::atomic<bool> onwards{false};

thread_local int spared = 0;  // inside the fake engine

bool fails() {
  if (spared > 0 || countdown.load(std::memory_order_relaxed) == 0) return false;
  const auto n = countdown.fetch_sub(1);
  if (n == 1 || (n <= 0 && onwards)) {
    hit = true;
    if (onwards) countdown = 1;
    return true;
  }
  return false;
}
}  // namespace

extern "C" {
__attribute__((visibility("default"))) void test_spare_memory(int more) { spared += more; }
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
__attribute__((visibility("default"))) void* malloc(std::size_t size) noexcept {
  if (fails()) { errno = ENOMEM; return nullptr; }
  return __libc_malloc(size);
}
__attribute__((visibility("default"))) void* calloc(std::size_t count, std::size_t size) noexcept {
  if (fails()) { errno = ENOMEM; return nullptr; }
  return __libc_calloc(count, size);
}
__attribute__((visibility("default"))) void* realloc(void* old, std::size_t size) noexcept {
  if (fails()) { errno = ENOMEM; return nullptr; }
  return __libc_realloc(old, size);
}
}

namespace {

using namespace abi;

[[noreturn]] void failed(const char* what, int line, long n) {
  countdown = 0;
  std::fprintf(stderr, "line %d, allocation %ld: %s (%s)\n", line, n, what, last_error().c_str());
  std::_Exit(1);
}
long current = 0;
std::string key;  // a new one a round; made before memory runs out
#define MUST(condition) do { if (!(condition)) failed(#condition, __LINE__, current); } while (false)

// Runs call with its n-th allocation failing, for every n, and check after each. Gives how many allocations there were.
long each(const std::function<huren_status()>& call, const std::function<void(huren_status)>& check) {
  constexpr long kEndless = 200000;
  for (current = 1; current < kEndless; ++current) {
    hit = false;
    key = std::to_string(current);
    countdown = current;
    const auto status = call();
    countdown = 0;
    check(status);
    if (!hit) return current - 1;
  }
  failed("the call never gets by", __LINE__, current);
}

const std::set<huren_status> kActionable{HUREN_E_BUSY, HUREN_E_STORE, HUREN_E_STORE_FULL};

huren_status submit_made(huren_handle h, const char* type, const std::string& k, const std::string& body) {
  return huren_submit_json(h, type, k.c_str(), body.data(), static_cast<std::uint32_t>(body.size()));
}

// What every call may answer when memory fails: its own good statuses, or one that says "later".
bool fine(huren_status status, const std::set<huren_status>& good) { return good.count(status) || kActionable.count(status); }

void works(huren_handle h) {
  static int n = 0;
  const auto once = "works " + std::to_string(++n);
  MUST(submit(h, kType, once, "{}") == HUREN_OK);
  MUST(submit(h, kType, once, "{}") == HUREN_DUPLICATE);
  MUST(query(h, "{}").status == HUREN_OK);
}

void in_open() {
  const Sandbox box;
  huren_handle h = 0;
  const auto n = each([&] { return huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &h); },
                      [&](huren_status status) {
                        MUST(fine(status, {HUREN_OK, HUREN_E_CONFIG}));  // CONFIG: the loader had no memory for the engine
                        MUST((status == HUREN_OK) == (h != 0));
                        if (h == 0) return;
                        works(h);
                        MUST(huren_close(h, 10000) == HUREN_OK);
                      });
  std::printf("%ld allocations\n", n);
  MUST(n > 100);
  h = open(box);
  works(h);
  MUST(huren_close(h, 10000) == HUREN_OK);
}

void in_submit() {
  const Sandbox box;
  const auto h = open(box);
  const std::string body = "{\"a\":[1,2,{\"b\":\"" + std::string(3000, 'x') + "\"}]}";
  int stored = 0;
  const auto n = each([&] { return submit_made(h, kType, key, body); },
                      [&](huren_status status) {
                        MUST(fine(status, {HUREN_OK}));
                        const auto again = submit(h, kType, key, body);  // repeating the key is safe
                        MUST(again == HUREN_OK || again == HUREN_DUPLICATE);
                        MUST(status != HUREN_OK || again == HUREN_DUPLICATE);
                        ++stored;
                        const auto spool = health(h)["spool"];
                        if (spool["depth"] != stored) std::fprintf(stderr, "%d stored, first %d, again %d, %s\n", stored, status, again, spool.dump().c_str());
                        MUST(spool["depth"] == stored);
                      });
  std::printf("%ld allocations\n", n);
  MUST(n > 3);
  works(h);
  MUST(huren_close(h, 10000) == HUREN_OK);
}

void in_submit_bytes() {  // the call with a struct, and bytes that are not JSON
  const Sandbox box;
  const auto h = open(box);
  const std::string body = "MSH|^~\\&|LIS|A|HIS|A|20261122||ORU^R01|1|P|2.5.1\r" + std::string(3000, 'x');
  int stored = 0;
  const auto with_key = [&] {
    huren_event event{};
    event.struct_size = sizeof event;
    event.type = kType;
    event.key = key.c_str();
    event.content_type = "application/hl7-v2; charset=gb18030";
    event.body = body.data();
    event.body_size = static_cast<std::uint32_t>(body.size());
    return huren_submit(h, &event);
  };
  each(with_key, [&](huren_status status) {
    MUST(fine(status, {HUREN_OK}));
    const auto again = with_key();
    MUST(again == HUREN_OK || again == HUREN_DUPLICATE);
    MUST(status != HUREN_OK || again == HUREN_DUPLICATE);
    ++stored;
    MUST(health(h)["spool"]["depth"] == stored);
  });
  works(h);
  MUST(huren_close(h, 10000) == HUREN_OK);
}

void in_conflict() {
  const Sandbox box;
  const auto h = open(box);
  MUST(submit(h, kType, "k", "{}") == HUREN_OK);
  const std::string k = "k", same = "{}", other = "{ }";
  each([&] { return submit_made(h, kType, k, other); }, [&](huren_status s) { MUST(fine(s, {HUREN_E_CONFLICT})); });
  each([&] { return submit_made(h, kType, k, same); }, [&](huren_status s) { MUST(fine(s, {HUREN_DUPLICATE})); });
  MUST(health(h)["spool"]["depth"] == 1);
  MUST(huren_close(h, 10000) == HUREN_OK);
}

void in_query() {
  const Sandbox box;
  const auto h = open(box);
  static char buffer[4096];
  std::uint32_t size = 0;
  const std::string body = R"({"do":"echo","text":"a text that is longer than what a string holds by itself"})";
  each([&] { return huren_query(h, "order.check/1", body.data(), static_cast<std::uint32_t>(body.size()), 2000, buffer, sizeof buffer, &size); },
       [&](huren_status s) { MUST(fine(s, {HUREN_OK, HUREN_NO_ANSWER})); works(h); });
  MUST(huren_close(h, 10000) == HUREN_OK);
}

void in_poll() {
  const Sandbox box;
  const auto h = open(box);
  static char buffer[4096];
  std::uint32_t size = 0;
  each(
      [&]() -> huren_status {
        countdown = 0;
        if (query(h, R"({"do":"notice","text":"a text that is longer than what a string holds by itself"})").status != HUREN_OK) return HUREN_E_INTERNAL;
        countdown = current;
        return huren_poll(h, 0, buffer, sizeof buffer, &size);
      },
      [&](huren_status s) {
        MUST(fine(s, {HUREN_OK}));
        while (poll(h, 0).status == HUREN_OK) {}
      });
  each(
      [&]() -> huren_status {
        countdown = 0;
        if (query(h, R"({"do":"notice"})").status != HUREN_OK) return HUREN_E_INTERNAL;
        countdown = current;
        return huren_poll(h, 0, nullptr, 0, &size);
      },
      [&](huren_status s) {
        MUST(fine(s, {HUREN_E_BUFFER}));
        while (poll(h, 0).status == HUREN_OK) {}
      });
  works(h);
  MUST(huren_close(h, 10000) == HUREN_OK);
}

void in_acknowledge() {
  const Sandbox box;
  const auto h = open(box);
  each([&] { return huren_acknowledge(h, "an id that is longer than what a string holds by itself"); },
       [&](huren_status s) { MUST(fine(s, {HUREN_E_ARGUMENT})); });
  works(h);
  MUST(huren_close(h, 10000) == HUREN_OK);
}

void in_health() {
  const Sandbox box;
  const auto h = open(box);
  static char buffer[4096];
  std::uint32_t size = 0;
  each([&] { return huren_health(h, buffer, sizeof buffer, &size); }, [&](huren_status s) { MUST(fine(s, {HUREN_OK})); });
  works(h);
  MUST(huren_close(h, 10000) == HUREN_OK);
}

void in_last_error() {  // asking why needs memory for nothing, and asking does not change the answer
  static char buffer[4096];
  std::uint32_t size = 0;
  MUST(huren_acknowledge(3, "n") == HUREN_E_HANDLE);
  const auto words = last_error();
  MUST(!words.empty());
  each([&] { return huren_last_error(buffer, sizeof buffer, &size); },
       [&](huren_status s) {
         MUST(fine(s, {HUREN_OK}));
         MUST(s != HUREN_OK || std::string(buffer, size) == words);
       });
  each([&] { return huren_abi() == HUREN_ABI ? HUREN_OK : HUREN_E_INTERNAL; }, [&](huren_status s) { MUST(s == HUREN_OK); });
}

void in_close() {
  const Sandbox box;
  huren_handle h = 0;
  each(
      [&]() -> huren_status {
        countdown = 0;
        if (h == 0) h = open(box);
        if (submit(h, kType, std::to_string(current), "{}") != HUREN_OK || query(h, "{}").status != HUREN_OK) return HUREN_E_INTERNAL;
        countdown = current;
        return huren_close(h, 10000);
      },
      [&](huren_status s) {
        MUST(fine(s, {HUREN_OK}));
        const auto again = huren_close(h, 10000);  // no memory before it began: the handle lives on
        MUST(again == HUREN_E_HANDLE || again == HUREN_OK);
        MUST(s != HUREN_OK || again == HUREN_E_HANDLE);
        h = 0;
      });
}

void in_refuse() {  // the refusals, whose words want memory
  const Sandbox box;
  const std::string k = "k", empty = "{}", cut = "{\"a\":", bytes = "\xFF";
  each([&] { return submit_made(3, kType, k, empty); }, [&](huren_status s) { MUST(fine(s, {HUREN_E_HANDLE})); });
  const auto h = open(box);
  each([&] { return submit_made(h, "lab.report.relased/1", k, empty); }, [&](huren_status s) { MUST(fine(s, {HUREN_E_TYPE})); });
  each([&] { return submit_made(h, kType, k, cut); }, [&](huren_status s) { MUST(fine(s, {HUREN_E_SYNTAX})); });
  each([&] { return submit_made(h, kType, k, bytes); }, [&](huren_status s) { MUST(fine(s, {HUREN_E_ENCODING})); });
  MUST(health(h)["spool"]["depth"] == 0);
  box.config("unknown = 1\n[spool]\nmax_body_bytes = 1\n");
  huren_handle none = 0;
  each([&] { return huren_open(HUREN_ABI, box.dir().c_str(), nullptr, &none); }, [&](huren_status s) { MUST(fine(s, {HUREN_E_CONFIG})); });
  MUST(huren_close(h, 10000) == HUREN_OK);
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, void (*)()> calls{{"open", in_open}, {"submit", in_submit}, {"submit_bytes", in_submit_bytes}, {"last_error", in_last_error}, {"conflict", in_conflict}, {"query", in_query},
                                                {"poll", in_poll}, {"acknowledge", in_acknowledge}, {"health", in_health},
                                                {"close", in_close}, {"refuse", in_refuse}};
  const auto found = argc == 2 ? calls.find(argv[1]) : calls.end();
  if (found == calls.end()) {
    std::fprintf(stderr, "usage: out_of_memory CALL\n");
    return 2;
  }
  onwards = false;
  found->second();
  if (found->first != "close") {
    onwards = true;
    found->second();
  }
  return 0;
}
