#include "ctl/words/cli_words.hpp"

#include <algorithm>
#include <sstream>
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
  return level.get_parent() ? path_of(*level.get_parent()) + " " + level.get_name() : level.get_name().empty() ? std::string("huren-ctl") : level.get_name();
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
  std::vector<std::string_view> known;  // the verbs that lead here
  for (const auto* l = &level; l->get_parent(); l = l->get_parent()) known.insert(known.begin(), l->get_name());
  std::string_view word;  // the first that does not fit
  for (int i = 1; i < argc && !verbs.empty() && word.empty(); ++i) {
    const std::string_view w = argv[i];
    if (w.empty() || w[0] == '-') continue;
    const std::string_view before = argv[i - 1];
    if (before == "-c" || before == "--config" || before == "--lang") continue;
    if (!known.empty() && w == known.front()) known.erase(known.begin());
    else word = w;
  }
  if (dynamic_cast<const CLI::RequiredError*>(&fault) && !verbs.empty()) {
    if (word.empty()) return {"ctl.verb_missing", "", {path}};
    const auto near = closest(word, verbs);
    return {"ctl.no_verb", "", {std::string(word), near.empty() ? "" : " (" + std::string(near) + "?)"}};
  }
  const auto said = std::string(fault.what());
  // "Could not convert: ids = abc", or the option's name first.
  const auto at = said.starts_with("Could not convert: ") ? said.find(": ") + 2 : 0;
  const auto name = said.substr(at, said.find_first_of(": ", at) - at);
  if (dynamic_cast<const CLI::RequiredError*>(&fault)) return {"ctl.option_missing", "", {name, path}};
  if (dynamic_cast<const CLI::ExtrasError*>(&fault)) {
    if (!verbs.empty() && !word.empty() && std::find(verbs.begin(), verbs.end(), word) == verbs.end()) {
      const auto near = closest(word, verbs);
      return {"ctl.no_verb", "", {std::string(word), near.empty() ? "" : " (" + std::string(near) + "?)"}};
    }
    const auto word_left = stray(app, argc, argv);
    for (const std::string_view first : {"--config", "-c", "--lang", "--json"})
      if (word_left == first) return {"ctl.option_late", "", {word_left, path}};
    return {"ctl.stray_word", "", {word_left, path}};
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&fault)) return {"ctl.value_missing", "", {name, path}};
  if (dynamic_cast<const CLI::ValidationError*>(&fault) || dynamic_cast<const CLI::ConversionError*>(&fault)) return {"ctl.value_wrong", "", {name, path}};
  return {"ctl.words_wrong", "", {path}};
}

namespace {

// Descriptions stand as "English / 中文": one half of them. What has no Chinese half serves for both.
std::string half(const std::string& words, Language language) {
  const auto cut = words.rfind(" / ");
  const bool both = cut != words.npos && std::any_of(words.begin() + static_cast<std::ptrdiff_t>(cut), words.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE4; });
  return !both ? words : language == Language::en ? words.substr(0, cut) : words.substr(cut + 3);
}

}  // namespace

void speak(CLI::App& app, Language language) {
  app.description(half(app.get_description(), language));
  for (auto* option : app.get_options()) option->description(half(option->get_description(), language));
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

// Verbs that read their own words (hl7, cda, recognise).
constexpr std::pair<std::string_view, std::string_view> kOwnWords[] = {
    {"hl7", "show check roundtrip send listen --profile --timeout --messages --code --keep --frame-timeout --lang --json"},
    {"cda", "show check render write sign verify conformance --json --kind --mode --key --cert --signature --authority --crl --organisation --at --viewer --charset --lang"},
    {"recognise", "--explain --dry-run --csv --json --lang"}};

// The words that an option takes, where it takes no others: "{zh,en}".
std::string choices_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto open = type.find('{'), close = type.find('}', open);
  if (open == type.npos || close == type.npos) return {};
  auto words = type.substr(open + 1, close - open - 1);
  std::replace(words.begin(), words.end(), ',', ' ');
  return words;
}

void cases(const CLI::App& app, const std::string& path, std::ostream& out, std::string& paths) {
  std::string words, values;
  const auto add = [&](const std::string& word) { words += (words.empty() ? "" : " ") + word; };
  for (const auto* verb : app.get_subcommands(nullptr)) add(verb->get_name());
  for (const auto& [verb, own] : kOwnWords)
    if (path == verb) add(std::string(own));
  for (const auto* option : app.get_options()) {
    if (!option->nonpositional()) continue;
    for (const auto& name : option->get_lnames()) {
      add("--" + name);
      if (const auto choices = choices_of(*option); !choices.empty()) values += " --" + name + ") words='" + choices + "' ;;";
    }
  }
  paths += "|" + path;
  out << "    '" << path << "') words='" << words << "'";
  if (!values.empty()) out << "; case $last in" << values << " esac";
  out << " ;;\n";
  for (const auto* verb : app.get_subcommands(nullptr)) cases(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), out, paths);
}

}  // namespace

int print_completion(const CLI::App& app, std::ostream& out) {
  std::ostringstream lines;
  std::string paths;
  cases(app, "", lines, paths);
  out << "# source <(huren-ctl completion); in zsh first: autoload bashcompinit && bashcompinit\n_huren_ctl() {\n"
         "  local words='' path='' i last=${COMP_WORDS[COMP_CWORD-1]} paths='" << paths << "|'\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    [[ $paths != *\"|${path:+$path }${COMP_WORDS[i]}|\"* ]] || path=\"${path:+$path }${COMP_WORDS[i]}\"\n  done\n  case $path in\n"
      << lines.str()
      << "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -F _huren_ctl huren-ctl\n";
  return 0;
}

}  // namespace huren::ctl
