// The functions of a typed server.
#include "codegen/c/services.h"
#include "codegen/c/text.h"

namespace polycall::codegen::c {
namespace {

// The function that runs a blocking handler.
void DefineRun(Writer* w, const MethodParts& m) {
  w->Line();
  WriteList(w, "static void " + m.server + "_run(",
            {"void* arg", "polycall_call* call", "const polycall_message* message"}, ") {");
  const auto deeper = w->Indented();
  w->Line("const ", m.service, "_registration* const self = arg;");
  w->Line("polycall_serving serving;");
  w->Line("polycall_serving_begin(&serving, call);");
  std::vector<std::string> arguments = {"self->arg", "call"};
  if (m.method->client_streams()) {
    w->Line("(void)message;");
  } else {
    WriteList(w, "const " + m.request + "* const request = polycall_serving_request(",
              {"&serving", "message", "&" + m.request + "_type"}, ");");
    w->Line("if (request == NULL) return;");
    arguments.push_back("request");
  }
  if (!m.method->server_streams()) {
    w->Line(m.response, " local;");
    WriteList(w, m.response + "* const reply = polycall_serving_reply(",
              {"&serving", "&local", "&" + m.response + "_type"}, ");");
  }
  w->Line("polycall_status status = POLYCALL_STATUS_INIT;");
  // With a reply, the arena was chosen along with its place.
  arguments.push_back(m.method->server_streams() ? "polycall_serving_arena(&serving)"
                                                 : "serving.arena");
  if (!m.method->server_streams()) arguments.push_back("reply");
  arguments.push_back("&status");
  WriteList(w, "const polycall_code code = self->handlers." + m.member + "(", arguments, ");");
  w->Line("polycall_serving_end(&serving, code, &status);");
}

// The function that runs an asynchronous handler.
void DefineRunAsync(Writer* w, const MethodParts& m) {
  w->Line();
  WriteList(w, "static void " + m.server + "_run_async(",
            {"void* arg", "polycall_call* call", "const polycall_message* message"}, ") {");
  const auto deeper = w->Indented();
  w->Line("const ", m.service, "_registration* const self = arg;");
  if (m.method->client_streams()) {
    w->Line("(void)message;");
    w->Line("self->handlers.", m.member_async, "(self->arg, call);");
    return;
  }
  w->Line("polycall_serving serving;");
  w->Line("polycall_serving_begin(&serving, call);");
  WriteList(w, "const " + m.request + "* const request = polycall_serving_request(",
            {"&serving", "message", "&" + m.request + "_type"}, ");");
  w->Line("if (request == NULL) return;");
  w->Line("self->handlers.", m.member_async, "(self->arg, call, request);");
  w->Line("polycall_serving_dismiss(&serving);");
}

void DefineStreams(Writer* w, const MethodParts& m) {
  if (m.method->client_streams()) {
    DefineReceive(w, m.server, m.request, "POLYCALL_INVALID_ARGUMENT");
  }
  if (m.method->server_streams()) DefineSend(w, m.server, m.response);
  w->Line();
  if (m.method->server_streams()) {
    WriteList(w, "void " + m.server + "_finish(",
              {"polycall_call* call", "const polycall_status* status"}, ") {");
    w->Line("  polycall_typed_server_finish(call, status, NULL, NULL);");
  } else {
    WriteList(
        w, "void " + m.server + "_finish(",
        {"polycall_call* call", "const polycall_status* status", "const " + m.response + "* reply"},
        ") {");
    w->Line("  polycall_typed_server_finish(call, status, &", m.response, "_type, reply);");
  }
  w->Line("}");
}

void DefineServe(Writer* w, const std::string& type, const std::vector<MethodParts>& methods) {
  w->Line();
  WriteList(w, "polycall_code " + type + "_serve(",
            {"polycall_server* server", "const " + type + "_handlers* handlers", "void* arg",
             "polycall_status* status"},
            ") {");
  {
    const auto deeper = w->Indented();
    WriteList(w, type + "_registration* const self = polycall_typed_registration(",
              {"sizeof *self", "status"}, ");");
    w->Line("if (self == NULL) return POLYCALL_RESOURCE_EXHAUSTED;");
    w->Line("self->handlers = *handlers;");
    w->Line("self->arg = arg;");
    if (methods.empty()) {
      WriteList(w, "return polycall_typed_add_service(",
                {"server", "&" + type + "_service", "NULL", "self", "status"}, ");");
    } else {
      w->Line("const polycall_handler table[] = {");
      for (const MethodParts& m : methods) {
        const auto more = w->Indented(2);
        WriteList(w, "polycall_typed_handler(",
                  {"handlers->" + m.member + " != NULL ? " + m.server + "_run : NULL",
                   "handlers->" + m.member_async + " != NULL ? " + m.server + "_run_async : NULL",
                   "self", "&" + m.request + "_type"},
                  "),");
      }
      w->Line("};");
      WriteList(w, "return polycall_typed_add_service(",
                {"server", "&" + type + "_service", "table", "self", "status"}, ");");
    }
  }
  w->Line("}");
}

}  // namespace

void DefineServer(Writer* w, const model::Service& service, Names* names) {
  const std::string& type = names->Of(*service.file).Type(service);
  const std::vector<MethodParts> methods = Methods(service, names);
  w->Line();
  w->Line("typedef struct ", type, "_registration {");
  w->Line("  ", type, "_handlers handlers;");
  w->Line("  void* arg;");
  w->Line("} ", type, "_registration;");
  for (const MethodParts& m : methods) {
    DefineRun(w, m);
    w->Line("}");
    DefineRunAsync(w, m);
    w->Line("}");
    DefineStreams(w, m);
  }
  DefineServe(w, type, methods);
}

}  // namespace polycall::codegen::c
