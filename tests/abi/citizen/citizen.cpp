// Hosts that behave badly, one a run: citizen CASE. Loads libhuren.so with dlopen as a vendor would.
// Exit code 0: the case held. Anything else, a signal or a hang: it did not.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "huren/huren.h"

extern char** environ;

namespace {

// GCC's ThreadSanitizer cannot start threads in a child of a process that had some ("dup thread with used id").
#ifdef __SANITIZE_THREAD__
constexpr bool kThreadSanitizer = true;
#else
constexpr bool kThreadSanitizer = false;
#endif

const std::string kLib = std::string(HUREN_BINARY_DIR) + "/lib/";

[[noreturn]] void failed(const char* what, int line) {
  std::fprintf(stderr, "line %d: %s\n", line, what);
  _exit(1);
}
#define MUST(condition) do { if (!(condition)) failed(#condition, __LINE__); } while (false)

struct Api {
  void* library = nullptr;
  decltype(&huren_open) open = nullptr;
  decltype(&huren_close) close = nullptr;
  decltype(&huren_submit_json) submit = nullptr;
  decltype(&huren_query) query = nullptr;
  decltype(&huren_poll) poll = nullptr;
  decltype(&huren_health) health = nullptr;
  decltype(&huren_last_error) last_error = nullptr;
};

Api load(const std::string& path = kLib + "libhuren.so") {
  Api api;
  api.library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!api.library) failed(dlerror(), __LINE__);
  const auto find = [&](auto& function, const char* name) {
    void* symbol = dlsym(api.library, name);
    MUST(symbol);
    std::memcpy(&function, &symbol, sizeof symbol);
  };
  find(api.open, "huren_open");
  find(api.close, "huren_close");
  find(api.submit, "huren_submit_json");
  find(api.query, "huren_query");
  find(api.poll, "huren_poll");
  find(api.health, "huren_health");
  find(api.last_error, "huren_last_error");
  return api;
}

std::string words(const Api& api) {
  char text[4096];
  std::uint32_t size = 0;
  api.last_error(text, sizeof text, &size);
  return {text, size};
}

struct Folder {
  std::string path;
  Folder() {
    path = std::string(HUREN_BINARY_DIR) + "/citizen.XXXXXX";
    MUST(mkdtemp(path.data()));
    write("local.toml", "[hospital]\ncode = \"A\"\nname = \"甲\"\n[engine]\npath = \"" + kLib + "fake-engine.so\"\n");
  }
  ~Folder() { std::error_code ignored; std::filesystem::remove_all(path, ignored); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, const std::string& text) const { std::ofstream(path + "/" + name, std::ios::binary) << text; }
};

huren_handle opened(const Api& api, const Folder& folder, const huren_host* host = nullptr) {
  huren_handle h = 0;
  const auto status = api.open(HUREN_ABI, folder.path.c_str(), host, &h);
  if (status != HUREN_OK) failed(words(api).c_str(), __LINE__);
  return h;
}

huren_status submit(const Api& api, huren_handle h, const std::string& key) {
  return api.submit(h, "lab.report.released/1", key.c_str(), "{}", 2);
}

huren_status query(const Api& api, huren_handle h, const std::string& json, std::uint32_t deadline_ms) {
  char buffer[4096];
  std::uint32_t size = 0;
  return api.query(h, "order.check/1", json.data(), static_cast<std::uint32_t>(json.size()), deadline_ms, buffer, sizeof buffer, &size);
}

// Runs body in a forked process that ends by exit(), as a host does, and gives its exit status as waitpid has it.
int in_child(const std::function<void()>& body) {
  const auto child = fork();
  if (child == 0) {
    body();
    std::exit(0);
  }
  int status = -1;
  MUST(waitpid(child, &status, 0) == child);
  return status;
}

void load_and_exit() {
  MUST(in_child([] { load(); }) == 0);
  MUST(in_child([] { dlclose(load().library); }) == 0);
}

void exit_while_open() {
  const Folder folder;
  MUST(in_child([&] {
    const auto api = load();
    const auto h = opened(api, folder);
    MUST(submit(api, h, "k") == HUREN_OK);
  }) == 0);
  const auto api = load();  // and what was accepted is there
  const auto h = opened(api, folder);
  MUST(submit(api, h, "k") == HUREN_DUPLICATE);
  MUST(api.close(h, 2000) == HUREN_OK);
}

void exit_while_busy() {
  const Folder folder;
  MUST(in_child([&] {
    static const auto api = load();
    static const auto h = opened(api, folder);
    static std::atomic<int> accepted{0};
    for (int t = 0; t < 8; ++t) {
      std::thread([t] {
        for (int i = 0;; ++i) {
          if (submit(api, h, std::to_string(t) + "." + std::to_string(i)) == HUREN_OK) ++accepted;
          query(api, h, "{\"do\":\"hang\"}", 1);
          char buffer[64];
          std::uint32_t size = 0;
          api.poll(h, 5, buffer, sizeof buffer, &size);
          words(api);
        }
      }).detach();
    }
    while (accepted < 50) std::this_thread::yield();
  }) == 0);
}

void exit_while_closing() {
  const Folder folder;
  folder.write("fake_engine.txt", "stuck_stop");
  MUST(in_child([&] {
    static const auto api = load();
    static const auto h = opened(api, folder);
    static std::atomic<bool> begun{false};
    std::thread([] {
      begun = true;
      api.close(h, 60000);
    }).detach();
    while (!begun || submit(api, h, "k") != HUREN_E_HANDLE) std::this_thread::yield();
  }) == 0);
}

void exit_in_callback() {
  const Folder folder;
  const auto status = in_child([&] {
    const auto api = load();
    huren_host host{};
    host.struct_size = sizeof host;
    host.wake = [](void*, huren_handle) { std::exit(42); };
    const auto h = opened(api, folder, &host);
    query(api, h, "{\"do\":\"notice\"}", 5000);
    std::this_thread::sleep_for(std::chrono::seconds(30));
    std::exit(1);
  });
  MUST(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

void dlopen_cycles() {
  const Folder folder;
  for (int i = 0; i < (kThreadSanitizer ? 200 : 1000); ++i) {
    const auto api = load();
    const auto h = opened(api, folder);
    MUST(submit(api, h, std::to_string(i)) == HUREN_OK);
    if (i % 3) MUST(api.close(h, 5000) == HUREN_OK);
    else MUST(api.close(h, 0) != HUREN_E_HANDLE);  // still ending while the library is let go
    MUST(dlclose(api.library) == 0);
  }
}

void fork_child() {
  const Folder folder, other;
  const auto api = load();
  const auto h = opened(api, folder);
  MUST(submit(api, h, "before") == HUREN_OK);
  MUST(in_child([&] {
    MUST(submit(api, h, "in the child") == HUREN_E_FORKED);
    MUST(words(api).find("[module.forked]") != std::string::npos);
    MUST(query(api, h, "{}", 10) == HUREN_E_FORKED);
    MUST(api.close(h, 10) == HUREN_E_FORKED);
    if (kThreadSanitizer) return;
    const auto mine = opened(api, folder);  // the same folder: several processes may share it
    MUST(mine != h);
    MUST(submit(api, h, "in the child") == HUREN_E_FORKED);
    MUST(submit(api, mine, "before") == HUREN_DUPLICATE);
    MUST(submit(api, mine, "in the child") == HUREN_OK);
    const auto second = opened(api, other);
    MUST(api.close(second, 5000) == HUREN_OK);
    MUST(in_child([&] {  // a grandchild
      MUST(submit(api, mine, "x") == HUREN_E_FORKED);
      MUST(api.close(opened(api, folder), 5000) == HUREN_OK);
    }) == 0);
    MUST(api.close(mine, 5000) == HUREN_OK);
    MUST(submit(api, mine, "x") == HUREN_E_HANDLE);
  }) == 0);
  MUST(submit(api, h, "in the child") == (kThreadSanitizer ? HUREN_OK : HUREN_DUPLICATE));
  MUST(api.close(h, 5000) == HUREN_OK);
  MUST(api.close(opened(api, folder), 5000) == HUREN_OK);
}

void fork_with_threads() {
  const Folder folder;
  const auto api = load();
  const auto h = opened(api, folder);
  std::atomic<bool> go{true};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] { for (int i = 0; go; ++i) submit(api, h, std::to_string(t) + "." + std::to_string(i)); });
  for (int i = 0; i < 20; ++i) {
    const auto child = fork();  // with locks of huren's held by threads that the child lacks
    if (child == 0) _exit(submit(api, h, "x") == HUREN_E_FORKED && api.close(h, 0) == HUREN_E_FORKED ? 0 : 1);
    int status = -1;
    MUST(waitpid(child, &status, 0) == child);
    MUST(status == 0);
  }
  go = false;
  for (auto& t : threads) t.join();
  MUST(api.close(h, 5000) == HUREN_OK);
}

void frozen_host() {  // compiled against the frozen header, run against the module of today
  const Folder folder;
  const auto child = fork();
  if (child == 0) {
    const auto host = std::string(HUREN_BINARY_DIR) + "/bin/abi_frozen_host";
    execl(host.c_str(), host.c_str(), folder.path.c_str(), nullptr);
    _exit(127);
  }
  int status = -1;
  MUST(waitpid(child, &status, 0) == child);
  MUST(status == 0);
}

void two_copies() {
  const Folder one, two;
  const auto copy = two.path + "/libhuren-copy.so";
  std::filesystem::copy_file(kLib + "libhuren.so", copy);
  const auto a = load(), b = load(copy);
  MUST(a.open != b.open);
  const auto ha = opened(a, one), hb = opened(b, two);
  MUST(submit(a, ha, "k") == HUREN_OK);
  MUST(submit(b, hb, "k") == HUREN_OK);
  huren_handle clash = 0;
  MUST(b.open(HUREN_ABI, one.path.c_str(), nullptr, &clash) == HUREN_E_CONFIG);  // SQLite's locks would vanish
  MUST(words(b).find("[module.two_copies]") != std::string::npos);
  MUST(words(a).empty());
  MUST(a.close(ha, 5000) == HUREN_OK);
  MUST(submit(b, hb, "l") == HUREN_OK);
  const auto free_now = opened(b, one);
  MUST(submit(b, free_now, "k") == HUREN_DUPLICATE);
  MUST(b.close(free_now, 5000) == HUREN_OK);
  MUST(b.close(hb, 5000) == HUREN_OK);
}

void trips_after_faults() {
  const Folder folder;
  const auto api = load();
  const auto h = opened(api, folder);
  for (int i = 0; i < 15; ++i) MUST(query(api, h, "{\"do\":\"fault\"}", 5000) == HUREN_E_INTERNAL);
  MUST(submit(api, h, "k") == HUREN_OK);
  MUST(query(api, h, "{\"do\":\"fault\"}", 5000) == HUREN_E_INTERNAL);
  MUST(submit(api, h, "l") == HUREN_E_TRIPPED);
  MUST(words(api).find("[module.tripped]") != std::string::npos);
  MUST(query(api, h, "{}", 100) == HUREN_E_TRIPPED);
  huren_handle more = 0;
  MUST(api.open(HUREN_ABI, folder.path.c_str(), nullptr, &more) == HUREN_E_TRIPPED);
  char text[4096];
  std::uint32_t size = 0;
  MUST(api.health(h, text, sizeof text, &size) == HUREN_OK);
  MUST(std::string(text, size).find("\"tripped\":true") != std::string::npos);
  MUST(api.close(h, 5000) == HUREN_OK);
}

std::string around() {  // what a module must not change
  std::string out = std::string(std::setlocale(LC_ALL, nullptr)) + "\n" + std::filesystem::current_path().string() + "\n";
  for (char** e = environ; *e; ++e) out += std::string(*e) + "\n";
  const auto mask = umask(0);
  umask(mask);
  out += std::to_string(mask) + "\n";
  for (int s = 1; s < NSIG; ++s) {
    struct sigaction action{};
    if (sigaction(s, nullptr, &action) != 0) continue;
    void* handler = nullptr;
    std::memcpy(&handler, &action.sa_handler, sizeof handler);
    char row[64];
    std::snprintf(row, sizeof row, "%d %p %x\n", s, handler, static_cast<unsigned>(action.sa_flags));
    out += row;
  }
  sigset_t blocked;
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  for (int s = 1; s < NSIG; ++s) out += sigismember(&blocked, s) == 1 ? '1' : '0';
  int cancel = 0;
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel);
  out += std::to_string(cancel);
  return out;
}

void leaves_process_alone() {
  const Folder folder;
  std::setlocale(LC_ALL, "C");
  const auto before = around();
  const auto api = load();
  MUST(around() == before);
  const auto h = opened(api, folder);
  MUST(around() == before);
  submit(api, h, "k");
  submit(api, h, "\n");
  query(api, h, "{}", 1000);
  query(api, h, "{\"do\":\"hang\"}", 1);
  char text[4096];
  std::uint32_t size = 0;
  api.poll(h, 1, text, sizeof text, &size);
  api.health(h, text, sizeof text, &size);
  MUST(around() == before);
  MUST(api.close(h, 5000) == HUREN_OK);
  MUST(around() == before);
  struct stat data{}, spool{};
  MUST(stat((folder.path + "/data").c_str(), &data) == 0 && (data.st_mode & 077) == 0);
  MUST(stat((folder.path + "/data/spool.db").c_str(), &spool) == 0 && (spool.st_mode & 077) == 0);
}

void wrong_thread() {  // opened by a thread that is gone, closed by others at once, with its words told to the one who failed
  const Folder folder;
  static const auto api = load();
  static huren_handle h = 0;
  std::thread([&] { h = opened(api, folder); }).join();
  std::thread([] { MUST(submit(api, h, "k") == HUREN_OK); }).join();
  std::atomic<int> closed{0}, late{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      const auto status = api.close(h, 5000);
      MUST(status == HUREN_OK || status == HUREN_E_HANDLE);
      ++(status == HUREN_OK ? closed : late);
      MUST(words(api).empty() == (status == HUREN_OK));
    });
  for (auto& t : threads) t.join();
  MUST(closed == 1 && late == 7);
  MUST(words(api).empty());  // this thread did nothing wrong
  std::thread([&] { h = opened(api, folder); }).join();
  MUST(submit(api, h, "k") == HUREN_DUPLICATE);
  std::thread([] { MUST(api.close(h, 5000) == HUREN_OK); }).join();
}

void cancelled_thread() {  // pthread_cancel in the middle of a wait must not break huren's locks
  const Folder folder;
  static const auto api = load();
  static huren_handle h = 0;
  h = opened(api, folder);
  for (int i = 0; i < 20; ++i) {
    std::atomic<bool> begun{false};
    pthread_t thread{};
    MUST(pthread_create(&thread, nullptr, [](void* flag) -> void* {
      *static_cast<std::atomic<bool>*>(flag) = true;
      char buffer[64];
      std::uint32_t size = 0;
      for (;;) {
        api.poll(h, 20, buffer, sizeof buffer, &size);
        pthread_testcancel();
      }
    }, &begun) == 0);
    while (!begun) std::this_thread::yield();
    pthread_cancel(thread);
    pthread_join(thread, nullptr);
  }
  MUST(submit(api, h, "k") == HUREN_OK);
  MUST(api.close(h, 5000) == HUREN_OK);
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, void (*)()> cases{
      {"load_and_exit", load_and_exit}, {"exit_while_open", exit_while_open}, {"exit_while_busy", exit_while_busy},
      {"exit_while_closing", exit_while_closing}, {"exit_in_callback", exit_in_callback}, {"dlopen_cycles", dlopen_cycles},
      {"fork_child", fork_child}, {"frozen_host", frozen_host}, {"fork_with_threads", fork_with_threads}, {"two_copies", two_copies},
      {"trips_after_faults", trips_after_faults}, {"leaves_process_alone", leaves_process_alone}, {"cancelled_thread", cancelled_thread},
      {"wrong_thread", wrong_thread}};
  const auto found = argc == 2 ? cases.find(argv[1]) : cases.end();
  if (found == cases.end()) {
    std::fprintf(stderr, "usage: citizen CASE\n");
    return 2;
  }
  found->second();
  return 0;
}
