// What the registry knows, as JSON.
#include <cstdio>

#include "host/places.h"
#include "host/registry.h"

namespace polycall::host {
namespace {

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      snprintf(escaped, sizeof(escaped), "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

template <typename Items, typename Text>
std::string Array(const Items& items, Text text) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? "," : "") + text(item);
  return out + "]";
}

}  // namespace

std::string Registry::ListAsJson() {
  struct Entry {
    std::string library;
    std::string state;
    std::string runtime;  // empty: not known, or none
  };
  std::map<std::string, Entry> entries;
  for (const FoundHost& found : FindHosts()) entries[found.language] = {found.path, "found", ""};
  base::MutexLock lock(mutex_);
  for (const auto& [language, host] : hosts_) {
    Entry& entry = entries[language];
    entry.library = host.library;
    entry.state = host.started           ? "started"
                  : !host.failure.ok()   ? "failed"
                  : host.library.empty() ? "provided"
                                         : "found";
    if (host.module->runtime != nullptr) entry.runtime = host.module->runtime;
  }
  const auto optional = [](const std::string& text) { return text.empty() ? "null" : Quote(text); };
  return "{\"places\":" + Array(Places(), Quote) + ",\"hosts\":" +
         Array(entries,
               [&](const auto& named) {
                 const Entry& entry = named.second;
                 return "{\"language\":" + Quote(named.first) +
                        ",\"library\":" + optional(entry.library) +
                        ",\"state\":" + Quote(entry.state) +
                        ",\"runtime\":" + optional(entry.runtime) + "}";
               }) +
         ",\"runtimes\":" + Array(runtimes_, [](const auto& named) { return Quote(named.first); }) +
         "}";
}

}  // namespace polycall::host
