// The details of a status, for people and machines.
#ifndef POLYCALL_CLI_STATUS_DETAILS_H_
#define POLYCALL_CLI_STATUS_DETAILS_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

namespace polycall::cli {

// `details` is a serialized google.rpc.Status. Each detail in it as a JSON object with "@type", and
// with its fields if `pool` knows the type, else with "base64". Bytes that are no such message give
// one object with "base64".
std::vector<std::string> DetailsToJson(std::string_view details,
                                       const google::protobuf::DescriptorPool& pool);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_STATUS_DETAILS_H_
