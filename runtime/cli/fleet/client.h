// polycalld's control API, for the commands that speak to it.
#ifndef POLYCALL_CLI_FLEET_CLIENT_H_
#define POLYCALL_CLI_FLEET_CLIENT_H_

#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <vector>

#include "channel.h"
#include "polycall/scheduler/v1/scheduler.pb.h"

namespace polycall::cli {

namespace v1 = ::polycall::scheduler::v1;

// Where polycalld is: --run FOLDER, else POLYCALL_SCHEDULER (a target), else POLYCALL_RUN (a folder),
// else /run/polycall.
struct SchedulerPlace {
  std::string run_folder;
  std::string target;

  static SchedulerPlace Find(const std::string& run_option);
};

class SchedulerClient {
 public:
  SchedulerClient(const Options& options, const SchedulerPlace& place);

  // A unary call. Throws a Failure if it does not end OK; one that tells how to start polycalld when
  // nobody answers.
  template <typename Response>
  Response Call(const char* method, const google::protobuf::Message& request) const {
    Response response;
    if (!response.ParseFromString(CallBytes(method, request.SerializeAsString()))) {
      throw Failure(ExitCode::kFailure, "polycalld's answer is no " + response.GetTypeName());
    }
    return response;
  }

  // A server stream. `take` returns false when it has seen enough, which is a good end.
  template <typename Response>
  void Stream(const char* method, const google::protobuf::Message& request,
              const std::function<bool(const Response&)>& take) const {
    StreamBytes(method, request.SerializeAsString(), [&take](const std::string& bytes) {
      Response response;
      return response.ParseFromString(bytes) && take(response);
    });
  }

  // Whether polycalld answers.
  bool Answers() const;

 private:
  std::string CallBytes(const char* method, const std::string& request) const;
  void StreamBytes(const char* method, const std::string& request,
                   const std::function<bool(const std::string&)>& take) const;
  [[noreturn]] void Throw(const Failure& failure) const;

  const SchedulerPlace place_;
  const int64_t timeout_ns_;
  const Channel channel_;
};

// One JSON text on one line, with the field names of the .proto and every field there.
std::string MessageToJson(const google::protobuf::Message& message);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_FLEET_CLIENT_H_
