// Services: the typed client and server of each.
#ifndef POLYCALL_CODEGEN_C_SERVICES_H_
#define POLYCALL_CODEGEN_C_SERVICES_H_

#include <string>
#include <vector>

#include "codegen/c/naming.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::c {

// Everything about one method that the emitted functions are made of.
struct MethodParts {
  const model::Method* method;
  size_t index;         // in the service's tables
  std::string service;  // "calc_v1_Calc"
  std::string name;     // "add"
  std::string member;   // the same, escaped where it is a keyword
  std::string member_async;
  std::string client;   // "calc_v1_Calc_add"
  std::string server;   // "calc_v1_Calc_server_add"
  std::string request;  // "calc_v1_AddRequest"
  std::string response;
};

std::vector<MethodParts> Methods(const model::Service& service, Names* names);

void DeclareServices(Writer* w, const model::File& file, Names* names);
void DefineServices(Writer* w, const model::File& file, Names* names);

// One part of the above each. `failure`: how a call ends whose message cannot be read.
void DefineSend(Writer* w, const std::string& prefix, const std::string& message);
void DefineReceive(Writer* w, const std::string& prefix, const std::string& message,
                   const std::string& failure);
void DefineClient(Writer* w, const model::Service& service, Names* names);
void DefineServer(Writer* w, const model::Service& service, Names* names);

}  // namespace polycall::codegen::c

#endif  // POLYCALL_CODEGEN_C_SERVICES_H_
