// Reads YAML into a protobuf message, strictly, as the message's descriptor says.
#ifndef POLYCALL_SCHEDULER_MANIFEST_READER_H_
#define POLYCALL_SCHEDULER_MANIFEST_READER_H_

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace polycall::scheduler {

// One thing that is wrong in a manifest. Lines and columns count from 1; 0: the file as a whole.
struct Mistake {
  std::string file;
  int line = 0;
  int column = 0;
  std::string what;

  // "calc.yaml:3:9: unknown key 'memry' in limits; did you mean memory?"
  std::string ToString() const;
};

// Where the keys of a text are, by their whole names: "limits.memory", "mounts[0]", "mounts[0].source".
struct KeyPlace {
  int line = 0;
  int column = 0;
};
using KeyPlaces = std::map<std::string, KeyPlace>;

// Fills `message` from the YAML text. Returns all mistakes that it finds, not only the first:
// unknown and doubled keys, wrong kinds of values, missing or wrong units, numbers out of bounds,
// missing required keys, two members of a oneof. `file` is for the mistakes' text. `places` receives where
// each key is.
std::vector<Mistake> ReadYaml(std::string_view text, const std::string& file,
                              google::protobuf::Message* message, KeyPlaces* places);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_MANIFEST_READER_H_
