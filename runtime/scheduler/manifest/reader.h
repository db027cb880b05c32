// Reads YAML into a protobuf message, strictly, as the message's descriptor says.
#ifndef POLYCALL_SCHEDULER_MANIFEST_READER_H_
#define POLYCALL_SCHEDULER_MANIFEST_READER_H_

#include <google/protobuf/message.h>

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

// Fills `message` from the YAML text. Returns all mistakes that it finds, not only the first:
// unknown and doubled keys, wrong kinds of values, missing or wrong units, numbers out of bounds,
// missing required keys, two members of a oneof. `file` is for the mistakes' text.
std::vector<Mistake> ReadYaml(std::string_view text, const std::string& file,
                              google::protobuf::Message* message);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_MANIFEST_READER_H_
