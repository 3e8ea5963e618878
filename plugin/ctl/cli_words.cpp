#include "ctl/cli_words.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/base/text.hpp"

namespace huren::ctl {
namespace {

const CLI::App& deepest(const CLI::App& app) {
  const auto used = app.get_subcommands();
  return used.empty() ? app : deepest(*used.front());
}

std::string path_of(const CLI::App& level) {
  return level.get_parent() ? path_of(*level.get_parent()) + " " + level.get_name() : std::string("huren-ctl");
}

// The first word that this level does not know.
std::string stray(const CLI::App& app, int argc, const char* const* argv) {
  for (const auto& word : app.remaining(true)) return word;
  return argc > 1 ? argv[argc - 1] : "";
}

}  // namespace

Error words_for(const CLI::ParseError& fault, int argc, const char* const* argv, const CLI::App& app) {
  const auto& level = deepest(app);
  const auto path = path_of(level);
  std::vector<std::string_view> verbs;
  for (const auto* verb : level.get_subcommands([](const CLI::App*) { return true; })) verbs.push_back(verb->get_name());
  std::string_view word;
  for (int i = 1; i < argc && !verbs.empty(); ++i) {
    const std::string_view w = argv[i];
    if (w.empty() || w[0] == '-' || w == level.get_name()) continue;
    const std::string_view before = argv[i - 1];
    if (before == "-c" || before == "--config" || before == "--lang") continue;
    word = w;
  }
  if (dynamic_cast<const CLI::RequiredError*>(&fault) && !verbs.empty()) {
    if (word.empty()) return {"ctl.verb_missing", "", {path}};
    const auto near = closest(word, verbs);
    return {"ctl.no_verb", "", {std::string(word), near.empty() ? "" : " (" + std::string(near) + "?)"}};
  }
  const auto said = std::string(fault.what());
  const auto name = said.substr(0, said.find_first_of(": "));
  if (dynamic_cast<const CLI::RequiredError*>(&fault)) return {"ctl.option_missing", "", {name, path}};
  if (dynamic_cast<const CLI::ExtrasError*>(&fault)) {
    if (!verbs.empty() && !word.empty() && std::find(verbs.begin(), verbs.end(), word) == verbs.end()) {
      const auto near = closest(word, verbs);
      return {"ctl.no_verb", "", {std::string(word), near.empty() ? "" : " (" + std::string(near) + "?)"}};
    }
    return {"ctl.stray_word", "", {stray(app, argc, argv), path}};
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&fault)) return {"ctl.value_missing", "", {name, path}};
  if (dynamic_cast<const CLI::ValidationError*>(&fault) || dynamic_cast<const CLI::ConversionError*>(&fault)) return {"ctl.value_wrong", "", {name, path}};
  return {"ctl.words_wrong", "", {path}};
}

void speak(CLI::App& app, Language language) {
  if (language == Language::zh) {
    auto words = std::make_shared<CLI::Formatter>();
    for (const auto& [from, to] : {std::pair{"Usage", "用法"}, {"OPTIONS", "选项"}, {"SUBCOMMAND", "子命令"}, {"SUBCOMMANDS", "子命令"}, {"POSITIONALS", "参数"},
                                   {"Positionals", "参数"}, {"Options", "选项"}, {"Subcommands", "子命令"}, {"REQUIRED", "必填"}, {"TEXT", "文字"}, {"INT", "整数"}})
      words->label(from, to);
    app.formatter(words);
    for (auto* option : app.get_options())
      if (option->get_group() == "Options") option->group("选项");
    if (auto* help = app.get_help_ptr()) help->description("显示帮助");
    for (auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) verb->group("子命令");
  }
  for (auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) speak(*verb, language);
}

namespace {

void cases(const CLI::App& app, const std::string& path, std::ostream& out) {
  std::string words;
  const auto add = [&](const std::string& word) { words += (words.empty() ? "" : " ") + word; };
  for (const auto* verb : app.get_subcommands(nullptr)) add(verb->get_name());
  for (const auto* option : app.get_options()) {
    if (option->nonpositional()) {
      for (const auto& name : option->get_lnames()) add("--" + name);
    }
  }
  out << "    '" << path << "') words='" << words << "' ;;\n";
  for (const auto* verb : app.get_subcommands(nullptr)) cases(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), out);
}

}  // namespace

int print_completion(const CLI::App& app, std::ostream& out) {
  out << "# source <(huren-ctl completion)\n_huren_ctl() {\n  local words='' path='' word i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do word=${COMP_WORDS[i]}\n"
         "    case $word in -c|--config|--lang) ((i++)) ;; -*) ;; *) path=\"${path:+$path }$word\" ;; esac\n  done\n  case $path in\n";
  cases(app, "", out);
  out << "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -F _huren_ctl huren-ctl\n";
  return 0;
}

}  // namespace huren::ctl
