// A hospital's folder for one test, with the fake engine; and huren.h as a careful host calls it.
// HUREN_TEST_MODE=agent: the same tests, with the engine in a huren-agent of its own.
#pragma once
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "huren/huren.h"

namespace abi {

inline bool by_agent() {
  const char* mode = std::getenv("HUREN_TEST_MODE");
  return mode && std::string_view(mode) == "agent";
}

// A huren-agent of its own process for one folder.
class Agent {
 public:
  explicit Agent(const std::string& config_dir) {
    const std::string program = std::string(HUREN_BINARY_DIR) + "/bin/huren-agent", log = config_dir + "/agent.log";
    const auto before = said(log, "agent.started");  // it has taken its socket when the log says so
    process_ = ::fork();
    if (process_ == 0) {
      if (const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600); file >= 0) ::dup2(file, 2);
      ::execl(program.c_str(), program.c_str(), "--config", config_dir.c_str(), nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 2000 && said(log, "agent.started") == before; ++i) ::usleep(10'000);
  }
  ~Agent() { end(SIGTERM); }
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  int end(int signal) {  // its exit code, or the signal's number negative
    if (process_ <= 0) return 0;
    ::kill(process_, signal);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] pid_t process() const { return process_; }
  static int said(const std::string& log, const std::string& event) {  // how often
    std::ifstream in(log, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto wanted = "\"event\":\"" + event + "\"";
    int n = 0;
    for (auto at = text.find(wanted); at != text.npos; at = text.find(wanted, at + 1)) ++n;
    return n;
  }

 private:
  pid_t process_ = 0;
};

class Sandbox {
 public:
  Sandbox() {
    std::string pattern = std::string(HUREN_BINARY_DIR) + "/abi.XXXXXX";
    dir_ = mkdtemp(pattern.data()) ? pattern : "/nonexistent";
    config("");
  }
  ~Sandbox() { std::error_code ignored; std::filesystem::remove_all(dir_, ignored); }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  [[nodiscard]] const std::string& dir() const { return dir_; }
  void start() const {  // before huren_open
    if (by_agent() && !agent_) agent_ = std::make_unique<Agent>(dir_);
  }
  void config(const std::string& more, const std::string& engine = "fake-engine.so", bool agent = by_agent()) const {
    write("local.toml", "[hospital]\ncode = \"A\"\nname = \"甲医院\"\n[engine]\n" + std::string(agent ? "mode = \"agent\"\n" : "") + "path = \"" + std::string(HUREN_BINARY_DIR) + "/lib/" + engine +
                            "\"\n" + more);
  }
  void engine(const std::string& how) const { write("fake_engine.txt", how); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(dir_ + "/" + name, std::ios::binary) << text; }

 private:
  std::string dir_;
  mutable std::unique_ptr<Agent> agent_;
};

inline std::string last_error() {
  std::uint32_t size = 0;
  huren_last_error(nullptr, 0, &size);
  std::string text(size, '\0');
  huren_last_error(text.data(), size, &size);
  return text;
}

// "words" when the last error has both languages and a catalogue id, else what is wrong with it.
inline std::string bilingual(const std::string& text) {
  bool chinese = false;
  for (const char c : text) chinese = chinese || static_cast<unsigned char>(c) >= 0xE4;
  if (!chinese) return "no Chinese: " + text;
  if (text.find(" / ") == text.npos) return "no English: " + text;
  if (text.find(" [") == text.npos) return "no id: " + text;
  return "words";
}

inline huren_status submit(huren_handle h, const std::string& type, const std::string& key, const std::string& body) {
  return huren_submit_json(h, type.c_str(), key.c_str(), body.data(), static_cast<std::uint32_t>(body.size()));
}

struct Answer { huren_status status = -1; std::string text; };

inline Answer query(huren_handle h, const std::string& json, std::uint32_t deadline_ms = 10000, const std::string& topic = "order.check/1") {
  Answer a;
  a.text.resize(65536);
  std::uint32_t size = 0;
  a.status = huren_query(h, topic.c_str(), json.data(), static_cast<std::uint32_t>(json.size()), deadline_ms, a.text.data(),
                         static_cast<std::uint32_t>(a.text.size()), &size);
  a.text.resize(a.status == HUREN_OK ? size : 0);
  return a;
}

inline Answer poll(huren_handle h, std::uint32_t wait_ms) {
  Answer a;
  a.text.resize(65536);
  std::uint32_t size = 0;
  a.status = huren_poll(h, wait_ms, a.text.data(), static_cast<std::uint32_t>(a.text.size()), &size);
  a.text.resize(a.status == HUREN_OK ? size : 0);
  return a;
}

inline nlohmann::json health(huren_handle h) {
  std::string text(65536, '\0');
  std::uint32_t size = 0;
  if (huren_health(h, text.data(), static_cast<std::uint32_t>(text.size()), &size) != HUREN_OK) return {};
  return nlohmann::json::parse(text.substr(0, size), nullptr, false);
}

inline huren_handle open(const Sandbox& box, const huren_host* host = nullptr) {
  huren_handle h = 0;
  box.start();
  huren_open(HUREN_ABI, box.dir().c_str(), host, &h);
  return h;
}

inline constexpr const char* kType = "lab.report.released/1";

}  // namespace abi
