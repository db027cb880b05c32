#include "codegen/c/services.h"

#include <utility>

#include "codegen/c/keywords.h"
#include "codegen/c/text.h"
#include "codegen/c/types.h"

namespace polycall::codegen::c {
namespace {

using model::Kind;

void Function(Writer* w, const std::string& head, const std::vector<std::string>& parameters) {
  WriteList(w, head + "(", parameters, ");");
}

void DeclareSend(Writer* w, const std::string& prefix, const std::string& message) {
  Function(w, "polycall_code " + prefix + "_send",
           {"polycall_call* call", "const " + message + "* message", "uint32_t flags",
            "polycall_status* status"});
  Function(w, "void " + prefix + "_send_async",
           {"polycall_call* call", "const " + message + "* message", "uint32_t flags",
            "polycall_done_fn done", "void* arg"});
}

void DeclareReceive(Writer* w, const std::string& prefix, const std::string& message) {
  Function(w, "int " + prefix + "_receive",
           {"polycall_call* call", "polycall_arena* arena", message + "* message"});
  Function(w, "typedef void (*" + prefix + "_receive_fn)",
           {"void* arg", "const " + message + "* message"});
  Function(w, "void " + prefix + "_receive_async",
           {"polycall_call* call", prefix + "_receive_fn received", "void* arg"});
}

void DeclareUnary(Writer* w, const MethodParts& m) {
  const std::string client = "const " + m.service + "_client* client";
  const std::string request = "const " + m.request + "* request";
  const std::string options = "const polycall_call_options* options";
  Function(w, "polycall_code " + m.client,
           {client, request, "polycall_arena* arena", m.response + "* reply", options,
            "polycall_status* status"});
  Function(
      w, "polycall_code " + m.client + "_unary",
      {client, request, "polycall_arena* arena", m.response + "* reply", "polycall_unary* unary"});
  WriteList(w, "typedef void (*" + m.client + "_done_fn)(",
            {"void* arg", "const polycall_status* status", "const " + m.response + "* reply"},
            ");");
  Function(
      w, "void " + m.client + "_async",
      {client, request, options, m.client + "_done_fn done", "void* arg", "polycall_call** call"});
}

void DeclareStreaming(Writer* w, const MethodParts& m) {
  std::vector<std::string> start = {"const " + m.service + "_client* client"};
  if (m.method->kind == Kind::kServerStreaming) start.push_back("const " + m.request + "* request");
  start.push_back("const polycall_call_options* options");
  Function(w, "polycall_call* " + m.client + "_start", start);
  if (m.method->client_streams()) {
    DeclareSend(w, m.client, m.request);
    Function(w, "polycall_code " + m.client + "_half_close", {"polycall_call* call"});
  }
  if (m.method->server_streams()) {
    DeclareReceive(w, m.client, m.response);
    Function(w, "polycall_code " + m.client + "_finish",
             {"polycall_call* call", "polycall_status* status"});
  } else {
    Function(w, "polycall_code " + m.client + "_finish",
             {"polycall_call* call", "polycall_arena* arena", m.response + "* reply",
              "polycall_status* status"});
  }
}

void DeclareClient(Writer* w, const model::Service& service,
                   const std::vector<MethodParts>& methods, const std::string& type) {
  w->Line();
  std::vector<std::string> lines = service.comment.lines;
  if (service.deprecated) lines.push_back("Deprecated.");
  if (!lines.empty()) lines.push_back("");
  for (const char* line :
       {"A client is a value that owns nothing: the channel must outlive it; any number of threads",
        "may use it. Of a unary method, the plain form blocks, fills `reply` (parts of it are the",
        "arena's) and moves the outcome to `status`; the _unary form gives metadata too; the "
        "_async",
        "form calls `done` with a reply that is NULL unless the status is OK."}) {
    lines.push_back(line);
  }
  WriteComment(w, lines);
  w->Line("typedef struct ", type, "_client {");
  w->Line("  polycall_channel* channel;");
  w->Line("  const polycall_method* methods[", methods.empty() ? 1 : methods.size(), "];");
  w->Line("} ", type, "_client;");
  w->Line();
  Function(w, "void " + type + "_client_init",
           {type + "_client* client", "polycall_channel* channel"});
  for (const MethodParts& m : methods) {
    w->Line();
    WriteComment(w, m.method->comment, m.method->deprecated);
    if (m.method->kind == Kind::kUnary) {
      DeclareUnary(w, m);
    } else {
      DeclareStreaming(w, m);
    }
  }
}

// The parameters of a blocking handler and of an asynchronous one.
std::vector<std::string> HandlerParameters(const MethodParts& m, bool asynchronous) {
  std::vector<std::string> parameters = {"void* arg", "polycall_call* call"};
  if (!m.method->client_streams()) parameters.push_back("const " + m.request + "* request");
  if (asynchronous) return parameters;
  parameters.push_back("polycall_arena* arena");
  if (!m.method->server_streams()) parameters.push_back(m.response + "* reply");
  parameters.push_back("polycall_status* status");
  return parameters;
}

void DeclareServer(Writer* w, const model::Service& service,
                   const std::vector<MethodParts>& methods, const std::string& type) {
  w->Line();
  WriteComment(w,
               {"The handlers of " + service.full_name + ".",
                "Of each pair, the first blocks and returns its outcome; the second, used when the",
                "first is NULL, may return early and finishes the call from any thread with",
                "..._server_..._finish. Both NULL: UNIMPLEMENTED."});
  w->Line("typedef struct ", type, "_handlers {");
  for (const MethodParts& m : methods) {
    const auto deeper = w->Indented();
    WriteComment(w, m.method->comment, m.method->deprecated);
    WriteList(w, "polycall_code (*" + m.member + ")(", HandlerParameters(m, false), ");");
    WriteList(w, "void (*" + m.member_async + ")(", HandlerParameters(m, true), ");");
  }
  if (methods.empty()) w->Line("  char no_methods; /* C has no empty structs */");
  w->Line("} ", type, "_handlers;");
  w->Line();
  WriteComment(w,
               {"Adds the service to a server that was not started. `handlers` is copied; `arg` is",
                "theirs and must live as long as the server."});
  Function(w, "polycall_code " + type + "_serve",
           {"polycall_server* server", "const " + type + "_handlers* handlers", "void* arg",
            "polycall_status* status"});
  for (const MethodParts& m : methods) {
    w->Line();
    if (m.method->client_streams()) DeclareReceive(w, m.server, m.request);
    if (m.method->server_streams()) {
      DeclareSend(w, m.server, m.response);
      Function(w, "void " + m.server + "_finish",
               {"polycall_call* call", "const polycall_status* status"});
    } else {
      Function(w, "void " + m.server + "_finish",
               {"polycall_call* call", "const polycall_status* status",
                "const " + m.response + "* reply"});
    }
  }
}

std::string MethodFlags(const model::Method& method) {
  std::string flags;
  const auto add = [&](const char* flag) {
    flags += (flags.empty() ? "" : " | ") + std::string(flag);
  };
  if (method.idempotent) add("POLYCALL_METHOD_IDEMPOTENT");
  if (method.is_inline) add("POLYCALL_METHOD_INLINE");
  if (method.blocking) add("POLYCALL_METHOD_BLOCKING");
  return flags.empty() ? "0" : flags;
}

const char* KindConstant(Kind kind) {
  switch (kind) {
    case Kind::kUnary:
      return "POLYCALL_UNARY";
    case Kind::kClientStreaming:
      return "POLYCALL_CLIENT_STREAMING";
    case Kind::kServerStreaming:
      return "POLYCALL_SERVER_STREAMING";
    case Kind::kBidiStreaming:
      return "POLYCALL_BIDI_STREAMING";
  }
  return "";
}

void DefineDescriptorSet(Writer* w, const model::File& file) {
  w->Line();
  WriteComment(w, {"This file and all it imports, as a google.protobuf.FileDescriptorSet: what the "
                   "server's",
                   "description service answers."});
  w->Line("static const unsigned char descriptor_set[] = {");
  std::string line;
  for (const char c : file.descriptor_set) {
    const std::string number = std::to_string(static_cast<unsigned char>(c)) + ",";
    if (4 + line.size() + number.size() > 100) {
      w->Line("    ", line);
      line.clear();
    }
    line += number;
  }
  if (line.empty()) line = "0";
  w->Line("    ", line);
  w->Line("};");
}

void DefineDescriptors(Writer* w, const model::Service& service,
                       const std::vector<MethodParts>& methods, const std::string& type) {
  w->Line();
  if (!methods.empty()) {
    w->Line("static const polycall_method_descriptor ", type, "_methods[] = {");
    for (const MethodParts& m : methods) {
      const auto deeper = w->Indented(2);
      WriteList(w, "{",
                {"sizeof(polycall_method_descriptor)", Quoted(m.method->name),
                 KindConstant(m.method->kind), MethodFlags(*m.method),
                 "INT64_C(" + std::to_string(int64_t{m.method->default_timeout_ms} * 1000000) + ")",
                 Quoted(m.method->request->full_name), Quoted(m.method->response->full_name)},
                "},");
    }
    w->Line("};");
    w->Line();
  }
  WriteList(w, "static const polycall_service_descriptor " + type + "_service = {",
            {"sizeof(polycall_service_descriptor)", Quoted(service.full_name),
             methods.empty() ? "NULL" : type + "_methods", std::to_string(methods.size()),
             "sizeof(polycall_method_descriptor)", "descriptor_set", "sizeof descriptor_set",
             "UINT64_C(" + std::to_string(service.fingerprint) + ")"},
            "};");
}

}  // namespace

std::vector<MethodParts> Methods(const model::Service& service, Names* names) {
  FileNames& file_names = names->Of(*service.file);
  std::vector<MethodParts> methods;
  for (const model::Method& method : service.methods) {
    MethodParts m;
    m.method = &method;
    m.index = methods.size();
    m.service = file_names.Type(service);
    m.name = file_names.Method(method);
    m.member = IsReserved(m.name) ? m.name + "_" : m.name;
    m.member_async = m.name + "_async";
    m.client = m.service + "_" + m.name;
    m.server = m.service + "_server_" + m.name;
    m.request = names->Type(*method.request);
    m.response = names->Type(*method.response);
    methods.push_back(std::move(m));
  }
  return methods;
}

void DeclareServices(Writer* w, const model::File& file, Names* names) {
  for (const auto& service : file.services) {
    const std::string& type = names->Of(file).Type(*service);
    const std::vector<MethodParts> methods = Methods(*service, names);
    DeclareClient(w, *service, methods, type);
    DeclareServer(w, *service, methods, type);
  }
}

void DefineServices(Writer* w, const model::File& file, Names* names) {
  if (!file.services.empty()) DefineDescriptorSet(w, file);
  for (const auto& service : file.services) {
    DefineDescriptors(w, *service, Methods(*service, names), names->Of(file).Type(*service));
    DefineClient(w, *service, names);
    DefineServer(w, *service, names);
  }
}

}  // namespace polycall::codegen::c
