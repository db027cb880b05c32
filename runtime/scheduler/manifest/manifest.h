// Manifests of services: reading, checking, defaults.
#ifndef POLYCALL_SCHEDULER_MANIFEST_MANIFEST_H_
#define POLYCALL_SCHEDULER_MANIFEST_MANIFEST_H_

#include <string>
#include <vector>

#include "manifest/reader.h"
#include "polycall/scheduler/v1/manifest.pb.h"

namespace polycall::scheduler {

// A manifest as it was read, with every default filled in, or what is wrong with it.
struct ReadManifest {
  v1::Manifest manifest;
  std::vector<Mistake> mistakes;  // empty: the manifest is good
  KeyPlaces places = {};          // of its keys
};

// Reads and checks the text of a manifest. `file` is for the mistakes' text.
ReadManifest ParseManifest(std::string_view text, const std::string& file);

// The same from a file. One that cannot be read is a mistake too.
ReadManifest LoadManifest(const std::string& file);

// Every *.yaml file of a folder, in the order of their names. Two services of one name are a mistake
// of the second.
std::vector<ReadManifest> LoadManifests(const std::string& folder);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_MANIFEST_MANIFEST_H_
